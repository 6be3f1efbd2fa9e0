/** How many ids are looked at. */
export const sampledIds = 16;
/** Sizes of the alphabets that ids are commonly written in. */
const alphabets = [1, 2, 10, 16, 26, 32, 36, 52, 62, 64, 94];

/**
 * The most bits that ids of this kind can hold: a position that is the same in all of them holds none, each other one as many as the
 * characters of all such positions allow.
 */
export function mostBits(ids: readonly string[]): number {
  const length = Math.max(...ids.map((id) => id.length));
  const columns = Array.from({ length }, (_, place) => new Set(ids.map((id) => id[place])));
  const varying = columns.filter(({ size }) => size > 1);
  const characters = new Set(varying.flatMap((column) => [...column])).size;
  const alphabet = alphabets.find((size) => size >= characters) ?? characters;
  return varying.length * Math.log2(alphabet);
}

/** Whether each one is greater than the one before, or none is. */
export function isSorted(ids: readonly string[]): boolean {
  const rises = ids.slice(1).map((id, place) => id > (ids[place] ?? ""));
  return rises.every((rise) => rise) || rises.every((rise) => !rise);
}

/** Ids that no session has. */
export const unknownIds = [
  "",
  "none",
  "new",
  "conformance",
  "0".repeat(32),
  "../health",
  "\u00fc\u{1f3b2}",
  "x".repeat(1000),
];

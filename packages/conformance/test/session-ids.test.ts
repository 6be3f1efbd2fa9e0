import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { isSorted, mostBits, sampledIds } from "../src/checks/session-ids.ts";

/** As good as random, and the same each time. */
function digits(count: number, seed: number): string {
  return createHash("sha256").update(String(seed)).digest("hex").slice(0, count);
}

const many = (make: (place: number) => string): string[] =>
  Array.from({ length: sampledIds }, (_, place) => make(place));
const uuid = (hex: string): string => hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, "$1-$2-4$3-8$4-$5");

describe("the most bits that session ids can hold", () => {
  test.each([
    ["32 hexadecimal digits", many((place) => digits(32, place + 1)), 128],
    ["a UUID, of whose bits six are fixed", many((place) => uuid(digits(32, place + 1))), 124],
    ["32 digits after a word", many((place) => `session-${digits(32, place + 1)}`), 128],
    [
      "the 22 characters of 128 bits in Base64",
      many((place) => Buffer.from(digits(32, place + 1), "hex").toString("base64url")),
      132,
    ],
  ])("are enough in %s", (_, ids, bits) => {
    expect(mostBits(ids)).toBeGreaterThanOrEqual(120);
    expect(mostBits(ids)).toBeLessThanOrEqual(bits);
  });

  test.each([
    ["16 digits", many((place) => digits(16, place + 1))],
    ["half of the digits fixed", many((place) => digits(16, place + 1) + "0".repeat(16))],
    ["a number that counts", many((place) => `session-${place}`)],
    ["the same id again and again", many(() => digits(32, 1))],
  ])("are too few in %s", (_, ids) => {
    expect(mostBits(ids)).toBeLessThan(120);
  });
});

test.each([
  ["rising", ["a", "b", "c", "d"], true],
  ["falling", ["d", "c", "b", "a"], true],
  ["mixed", ["b", "d", "a", "c"], false],
])("ids that are %s are told from those without an order", (_, ids, sorted) => {
  expect(isSorted(ids)).toBe(sorted);
});

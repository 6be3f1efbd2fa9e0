import { parseJson } from "../../json.ts";

const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** The first key that stands twice in one object of a JSON text, however it is escaped; undefined where there is none. */
export function duplicateKey(text: string): string | undefined {
  const open: (Set<string> | undefined)[] = [];
  let last = "";
  for (const [each] of text.matchAll(token)) {
    if (each === "{") open.push(new Set());
    else if (each === "[") open.push(undefined);
    else if (each === "}" || each === "]") open.pop();
    else if (each === ":") {
      const key = String(parseJson(last));
      const keys = open.at(-1);
      if (keys?.has(key) === true) return key;
      keys?.add(key);
    }
    last = each;
  }
  return undefined;
}

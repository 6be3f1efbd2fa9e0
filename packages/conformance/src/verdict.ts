import { type Json, show } from "./json.ts";

/** The peer did what a requirement forbids, or did not do what it demands. Only this is held against the peer. */
export class Violation extends Error {}

/** The requirement cannot be observed on this peer. The message says why, and what would make it observable. */
export class NotApplicable extends Error {}

/** Ends a check with a finding against the peer. `message` is a sentence: what was expected, and what came instead. */
export function violated(message: string): never {
  throw new Violation(message);
}

/** Ends a check without a verdict. */
export function notApplicable(reason: string): never {
  throw new NotApplicable(reason);
}

/** Holds it against the peer if `actual` and `expected` differ as JSON. Key order does not matter. */
export function expectEqual(what: string, actual: Json | undefined, expected: Json): void {
  if (!sameJson(actual, expected)) violated(`${what}: expected ${show(expected)}, got ${show(actual)}`);
}

/** Whether two values are the same JSON, whatever the order of their keys. */
export function sameJson(left: Json | undefined, right: Json | undefined): boolean {
  return canonical(left) === canonical(right);
}

function canonical(value: Json | undefined): string | undefined {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === "object" && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}

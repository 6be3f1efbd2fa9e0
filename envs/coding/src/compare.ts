/**
 * Whether two values in the runners' JSON form are equal: integers and floats by number, texts by code unit, lists and
 * tuples alike, objects in any order, NaN equal to NaN. A malformed value equals nothing.
 *
 * `tolerance` applies to numbers, absolute up to 1 and relative beyond. Never recurses: depth costs no stack.
 */
export function equalValues(left: unknown, right: unknown, tolerance = 0): boolean {
  const pairs: Array<[unknown, unknown]> = [[left, right]];
  for (let pair = pairs.pop(); pair !== undefined; pair = pairs.pop()) {
    const a = untag(pair[0]);
    const b = untag(pair[1]);
    if (Array.isArray(a) && Array.isArray(b)) {
      if (a.length !== b.length) return false;
      a.forEach((item, index) => {
        pairs.push([item, b[index]]);
      });
    } else if (a instanceof Map && b instanceof Map) {
      if (a.size !== b.size) return false;
      for (const [key, value] of a) {
        if (!b.has(key)) return false;
        pairs.push([value, b.get(key)]);
      }
    } else if (!equalScalars(a, b, tolerance)) return false;
  }
  return true;
}

/** Stands for whatever the runners do not write; equal to nothing, itself included. */
const malformed = Symbol("malformed");

type Scalar = string | number | bigint | boolean | null | typeof malformed;

function untag(value: unknown): Scalar | unknown[] | Map<string, unknown> {
  switch (typeof value) {
    case "string":
    case "number":
    case "boolean":
    case "bigint":
      return value;
    case "object":
      if (value === null || Array.isArray(value)) return value;
      return untagObject(new Map(Object.entries(value)));
    default:
      return malformed;
  }
}

function untagObject(object: Map<string, unknown>): Scalar | unknown[] | Map<string, unknown> {
  if (!object.has("$")) return object;
  const content = object.get("v");
  switch (object.get("$")) {
    case "nan":
      return Number.NaN;
    case "inf":
      return Number.POSITIVE_INFINITY;
    case "-inf":
      return Number.NEGATIVE_INFINITY;
    case "int":
      return typeof content === "string" ? toInteger(content) : malformed;
    case "tuple":
      return Array.isArray(content) ? content : malformed;
    case "object":
      return Array.isArray(content) ? toMap(content) : malformed;
    default:
      return malformed;
  }
}

function toInteger(text: string): bigint | typeof malformed {
  const [, sign, digits] = /^(-?)(0x[0-9a-f]+|[0-9]+)$/.exec(text) ?? [];
  if (digits === undefined) return malformed;
  return sign === "-" ? -BigInt(digits) : BigInt(digits);
}

function toMap(entries: unknown[]): Map<string, unknown> | typeof malformed {
  const map = new Map<string, unknown>();
  for (const entry of entries) {
    if (!Array.isArray(entry) || typeof entry[0] !== "string") return malformed;
    map.set(entry[0], entry[1]);
  }
  return map;
}

type Comparable = ReturnType<typeof untag>;

function equalScalars(a: Comparable, b: Comparable, tolerance: number): boolean {
  if (a === malformed || b === malformed) return false;
  if (typeof a === "bigint" || typeof b === "bigint") return equalIntegers(a, b) || near(a, b, tolerance);
  if (typeof a === "number" && typeof b === "number") return a === b || bothNaN(a, b) || near(a, b, tolerance);
  return a === b;
}

function bothNaN(a: number, b: number): boolean {
  return Number.isNaN(a) && Number.isNaN(b);
}

function equalIntegers(a: Comparable, b: Comparable): boolean {
  const [left, right] = [exactInteger(a), exactInteger(b)];
  return left !== undefined && left === right;
}

function exactInteger(value: Comparable): bigint | undefined {
  if (typeof value === "bigint") return value;
  return typeof value === "number" && Number.isInteger(value) ? BigInt(value) : undefined;
}

function near(a: Comparable, b: Comparable, tolerance: number): boolean {
  if (tolerance === 0 || !isNumeric(a) || !isNumeric(b)) return false;
  const [left, right] = [Number(a), Number(b)];
  if (!Number.isFinite(left) || !Number.isFinite(right)) return false;
  return Math.abs(left - right) <= tolerance * Math.max(1, Math.abs(right));
}

function isNumeric(value: Comparable): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

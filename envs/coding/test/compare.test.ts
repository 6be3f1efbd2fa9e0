import { expect, test } from "vitest";
import { equalValues } from "../src/compare.ts";

const big = { $: "int", v: "0x18ee90ff6c373e0ee4e3f0ad2" };

test.each([
  [1, 1.0],
  [-0, 0],
  ["é", "\u00e9"],
  [null, null],
  [
    { a: 1, b: 2 },
    { b: 2, a: 1 },
  ],
  [{ $: "nan" }, { $: "nan" }],
  [{ $: "inf" }, { $: "inf" }],
  [big, { $: "int", v: "123456789012345678901234567890" }],
  [{ $: "int", v: "0x5" }, 5],
  [{ $: "tuple", v: [1, [2]] }, [1, [2]]],
  [
    { $: "object", v: [["$", 1]] },
    { $: "object", v: [["$", 1]] },
  ],
])("%j equals %j", (left, right) => {
  expect(equalValues(left, right)).toBe(true);
});

test.each([
  [1, true],
  [0, false],
  [0, null],
  ["1", 1],
  ["é", "e\u0301"],
  [[1, 2], [1]],
  [{ a: 1 }, { a: 1, b: null }],
  [{ a: null }, { b: null }],
  [[], {}],
  [{ $: "nan" }, "nan"],
  [{ $: "inf" }, { $: "-inf" }],
  [9007199254740992, { $: "int", v: "9007199254740993" }],
  [
    { $: "int", v: "many" },
    { $: "int", v: "many" },
  ],
  [{ $: "unheard" }, { $: "unheard" }],
  [
    { $: "object", v: [1] },
    { $: "object", v: [1] },
  ],
  [1, 1.0000001],
])("%j does not equal %j", (left, right) => {
  expect(equalValues(left, right)).toBe(false);
  expect(equalValues(right, left)).toBe(false);
});

test.each([
  [1, 1.0000001, true],
  [1, 1.001, false],
  [1e9, 1e9 + 100, true],
  [1e9, 1e9 + 10_000, false],
  [{ $: "nan" }, 0, false],
  [{ $: "inf" }, 1, false],
  [1, { $: "inf" }, false],
])("with a tolerance of 1e-6, %j and %j are equal: %s", (left, right, equal) => {
  expect(equalValues(left, right, 1e-6)).toBe(equal);
});

test("depth costs no stack", () => {
  const deep = () => JSON.parse("[".repeat(1_000_000) + "]".repeat(1_000_000));
  expect(equalValues(deep(), deep())).toBe(true);
});

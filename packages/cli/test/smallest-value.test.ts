import { compileValidator } from "@openenv/schema";
import { describe, expect, test } from "vitest";
import { smallestValue } from "../src/smallest-value.ts";

describe("the smallest value of a schema", () => {
  test.each([
    ["a string", { type: "string" }, ""],
    ["a string with a least length", { type: "string", minLength: 2 }, "  "],
    ["an integer", { type: "integer" }, 0],
    ["a number", { type: "number" }, 0],
    ["a number with a minimum", { type: "number", minimum: 0.5 }, 0.5],
    ["an integer whose minimum is negative", { type: "integer", minimum: -3 }, -3],
    ["an integer whose minimum is no integer", { type: "integer", minimum: 0.5 }, 1],
    ["an integer above a bound", { type: "integer", exclusiveMinimum: 4 }, 5],
    ["an integer above a fraction", { type: "integer", exclusiveMinimum: 1.5 }, 2],
    ["a number above a bound", { type: "number", exclusiveMinimum: 0 }, 1],
    ["a number in an open interval", { type: "number", exclusiveMinimum: 0, exclusiveMaximum: 1 }, 0.5],
    ["an integer with both lower bounds", { type: "integer", minimum: 3, exclusiveMinimum: 3 }, 4],
    ["an integer below zero", { type: "integer", maximum: -5 }, -5],
    ["an integer that is less than zero", { type: "integer", exclusiveMaximum: 0 }, -1],
    ["a number that is less than zero", { type: "number", exclusiveMaximum: 0 }, -1],
    ["a number of at most zero", { type: "number", maximum: 0 }, 0],
    ["a multiple", { type: "integer", multipleOf: 5, minimum: 7 }, 10],
    ["a boolean", { type: "boolean" }, false],
    ["null", { type: "null" }, null],
    ["the first of several types", { type: ["null", "string"] }, null],
    ["an array", { type: "array", items: { type: "string" } }, []],
    ["an array with a least length", { type: "array", items: { type: "integer", minimum: 1 }, minItems: 2 }, [1, 1]],
    ["a tuple", { type: "array", prefixItems: [{ type: "string" }, { type: "integer" }], minItems: 2 }, ["", 0]],
    ["a constant", { const: "call_tool" }, "call_tool"],
    ["one of several constants", { enum: ["UP", "DOWN"] }, "UP"],
    ["a default", { type: "string", default: "print()" }, "print()"],
    ["anything", {}, {}],
    ["anything, as true", true, {}],
    ["the first alternative", { anyOf: [{ const: 1 }, { const: 2 }] }, 1],
    [
      "an object: the optional is left out",
      { type: "object", properties: { a: { type: "string" }, b: { type: "string" } }, required: ["a"] },
      { a: "" },
    ],
    ["an object whose type is not told", { properties: { a: { type: "integer" } }, required: ["a"] }, { a: 0 }],
    [
      "an object in parts",
      {
        allOf: [
          { properties: { a: { type: "integer" } }, required: ["a"] },
          { properties: { b: { type: "integer" } }, required: ["b"] },
        ],
      },
      { a: 0, b: 0 },
    ],
    [
      "an object with alternatives",
      {
        properties: { id: { type: "integer" } },
        required: ["id"],
        oneOf: [{ properties: { kind: { const: "move" } }, required: ["kind"] }],
      },
      { id: 0, kind: "move" },
    ],
    [
      "a reference",
      { properties: { a: { $ref: "#/$defs/up~1down" } }, required: ["a"], $defs: { "up/down": { const: 7 } } },
      { a: 7 },
    ],
    ["a reference into an array", { properties: { a: { $ref: "#/anyOf/0" } }, anyOf: [{ const: 1 }] }, 1],
    [
      "a tree, which may end",
      {
        $ref: "#/$defs/node",
        $defs: {
          node: {
            properties: { next: { anyOf: [{ $ref: "#/$defs/node" }, { type: "null" }] } },
            required: ["next"],
          },
        },
      },
      { next: null },
    ],
  ])("is the least of %s, and matches it", (_, schema, expected) => {
    const value = smallestValue(schema);
    expect(value).toEqual(expected);
    const validator = compileValidator({ allOf: [schema], $defs: Reflect.get(Object(schema), "$defs") ?? {} });
    expect(validator.check(value)).toBe(true);
  });

  test("of a schema that needs itself does not run for ever", () => {
    const schema = { properties: { next: { $ref: "#" } }, required: ["next"] };
    expect(smallestValue(schema)).toEqual({ next: { next: {} } });
  });

  test("of a reference to nothing is an empty object", () => {
    expect(smallestValue({ $ref: "#/$defs/nowhere" })).toEqual({});
  });
});

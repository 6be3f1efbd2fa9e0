import Type from "typebox";
import { expect, test } from "vitest";
import { strictAction } from "../src/contract.ts";
import { createServer, defineEnvironment, tool } from "../src/index.ts";
import { guess, silent } from "./environments.ts";

const create = () => ({ reset: () => ({ observation: {} }), step: () => ({ observation: {} }) });
const action = Type.Object({});
const aTool = tool({ description: "d", input: Type.Object({}), run: () => 1 });

test.each([
  [{ name: "Guess" }, /must be lower-case/],
  [{ name: "" }, /must be lower-case/],
  [{ name: "schema" }, /is the name of a route/],
  [{ name: "mcp" }, /is the name of a route/],
  [{ action: undefined }, /neither an action nor a tool/],
  [{ create: undefined }, /has no create function/],
  [{ tools: { reset: aTool } }, /tool name "reset" is reserved/],
  [{ tools: { close: aTool } }, /tool name "close" is reserved/],
  [
    { create: undefined, action: undefined, tools: { a: { description: "d", input: Type.Object({}) } } },
    /has no run function/,
  ],
])("the definition with %o is refused", (change: object, message) => {
  expect(() => defineEnvironment({ name: "fine", description: "d", action, create, ...change })).toThrow(message);
});

test("an instance without the step that its environment declares cannot be opened", async () => {
  const server = await createServer(
    { ...guess, create: () => ({ reset: () => ({ observation: { hint: "start" } }) }) },
    { logger: silent },
  );
  await expect(server.sessions.open("socket")).rejects.toMatchObject({ code: "FACTORY_ERROR" });
});

test.each([
  [{ mode: "training" as never }, /mode must be "simulation" or "production"/],
  [{ maxSessions: 0 }, /maxSessions must be a whole number of at least 1/],
  [{ maxSessions: 1.5 }, /maxSessions/],
  [{ graceMs: -1 }, /graceMs must be above zero/],
  [{ maxMessageBytes: Number.NaN }, /maxMessageBytes must be above zero/],
])("the server option %o is refused", async (options, message) => {
  await expect(createServer(guess, options)).rejects.toThrow(message);
});

test.each([
  [
    "an object",
    { type: "object", properties: { a: {} } },
    { type: "object", properties: { metadata: { type: "object" }, a: {} }, additionalProperties: false },
  ],
  [
    "an object that is open on purpose",
    { type: "object", additionalProperties: true },
    { type: "object", properties: { metadata: { type: "object" } }, additionalProperties: true },
  ],
  [
    "an object with metadata of its own",
    { type: "object", properties: { metadata: { type: "string" } } },
    { type: "object", properties: { metadata: { type: "string" } }, additionalProperties: false },
  ],
  [
    "alternatives",
    { anyOf: [{ type: "object" }] },
    { anyOf: [{ type: "object", properties: { metadata: { type: "object" } }, additionalProperties: false }] },
  ],
  [
    "a composition",
    { allOf: [{ type: "object" }] },
    { allOf: [{ type: "object" }], properties: { metadata: { type: "object" } }, unevaluatedProperties: false },
  ],
])("%s becomes strict and takes metadata", (_, schema, strict) => {
  expect(strictAction(schema)).toEqual(strict);
});

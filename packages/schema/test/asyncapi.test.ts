import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { asyncApiDocument } from "../scripts/asyncapi.ts";
import { ClientMessage, isJsonObject, type JsonObject, ServerMessage } from "../src/index.ts";

const document = asyncApiDocument();

/** What a reference within the document leads to. */
const resolve = (reference: unknown): unknown =>
  String(reference)
    .replace(/^#\//, "")
    .split("/")
    .reduce<unknown>((value, key) => Reflect.get(Object(value), key), document);

/** Every value of a key, however deep. */
const valuesOf = (key: string, value: unknown): unknown[] =>
  typeof value !== "object" || value === null
    ? []
    : Object.entries(value).flatMap(([name, each]) => [...(name === key ? [each] : []), ...valuesOf(key, each)]);

const entriesOf = (path: string): Array<[string, JsonObject]> =>
  Object.entries(Object(resolve(path))).map(([name, each]) => [name, isJsonObject(each) ? each : {}]);

test("it has what AsyncAPI 3.0 requires", () => {
  expect(document).toMatchObject({
    asyncapi: "3.0.0",
    info: { title: expect.any(String), version: expect.any(String) },
  });
  expect(entriesOf("#/channels").map(([, { address }]) => address)).toEqual(["/ws", "/mcp"]);
});

test("every reference leads somewhere", () => {
  const references = valuesOf("$ref", document);
  expect(references.length).toBeGreaterThan(20);
  expect(references.filter((reference) => !isJsonObject(resolve(reference)))).toEqual([]);
});

describe.each(entriesOf("#/operations"))("the operation %s", (_, operation) => {
  test("is received or sent over a channel, and its messages are the channel's", () => {
    const channel = String(Reflect.get(Object(operation.channel), "$ref"));
    const messages = valuesOf("$ref", operation)
      .map(String)
      .filter((each) => each !== channel);
    expect(operation.action).toMatch(/^(send|receive)$/);
    expect(messages).not.toHaveLength(0);
    expect(messages.filter((each) => !each.startsWith(`${channel}/messages/`))).toEqual([]);
  });
});

describe.each(entriesOf("#/components/messages"))("the message %s", (_, message) => {
  test("has a schema that a strict validator takes", () => {
    const schema = Reflect.get(Object(message.payload), "schema");
    expect(() => new Ajv2020({ strict: true }).compile(Object(schema))).not.toThrow();
  });
});

test("every type of message that may cross /ws is there, under its name", () => {
  const schemas = entriesOf("#/channels/ws/messages").map(([name]) =>
    resolve(`#/components/messages/${name}/payload/schema`),
  );
  expect(new Set(schemas)).toEqual(new Set([...ClientMessage.anyOf, ...ServerMessage.anyOf]));
  const names = entriesOf("#/channels/ws/messages").map(([key]) => [
    resolve(`#/components/messages/${key}/name`),
    resolve(`#/components/messages/${key}/payload/schema/properties/type/const`),
  ]);
  expect(names.filter(([name, type]) => name !== type)).toEqual([]);
});

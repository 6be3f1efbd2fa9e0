import { readdirSync, readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import * as schema from "../src/index.ts";
import { readExamples, specPath } from "./examples.ts";

const messagesAndBodies = [
  "CallToolAction",
  "CallToolObservation",
  "ClientMessage",
  "CloseMessage",
  "EpisodeRecord",
  "ErrorMessage",
  "Health",
  "HttpError",
  "JsonRpcRequest",
  "JsonRpcResponse",
  "ListToolsAction",
  "ListToolsObservation",
  "Manifest",
  "McpMessage",
  "McpReply",
  "Metadata",
  "ObservationMessage",
  "ResetMessage",
  "ResetRequest",
  "ResetResponse",
  "SchemaDocument",
  "ServerMessage",
  "State",
  "StateMessage",
  "StateReply",
  "StepMessage",
  "StepRequest",
  "StepResponse",
  "WireOutcome",
];

const published = readdirSync(specPath("schema")).map((file) => file.replace(/\.json$/, ""));
const examples = readExamples();
const ajv = new Ajv2020({ strict: true, strictTypes: true, strictTuples: true });

function publishedSchema(type: string): schema.JsonObject {
  const value = schema.parseJson(readFileSync(specPath(`schema/${type}.json`), "utf8"));
  if (!schema.isJsonObject(value)) throw new Error(`spec/schema/${type}.json is no object`);
  return value;
}

function exportedSchema(type: string): schema.JsonObject {
  const value: unknown = Reflect.get(schema, type);
  if (!schema.isJsonObject(value)) throw new Error(`@openenv/schema exports no schema ${type}`);
  return value;
}

describe.each(published)("spec/schema/%s.json", (type) => {
  test("is a JSON Schema of draft 2020-12 that a strict validator takes", () => {
    expect(() => ajv.compile(publishedSchema(type))).not.toThrow();
  });

  test("says what it is the schema of", () => {
    expect(publishedSchema(type)).toMatchObject({
      $schema: "https://json-schema.org/draft/2020-12/schema",
      title: type,
    });
  });
});

describe.each(messagesAndBodies)("the examples of %s", (type) => {
  test.each([true, false])("include one whose valid is %s", (valid) => {
    expect(examples.filter((example) => example.type === type && example.valid === valid)).not.toHaveLength(0);
  });

  test("are four or more", () => {
    expect(examples.filter((example) => example.type === type).length).toBeGreaterThanOrEqual(4);
  });
});

describe.each([...new Set(examples.map(({ type }) => type))])("%s", (type) => {
  const exported = schema.compileValidator(exportedSchema(type));
  const standard = ajv.compile(publishedSchema(type));
  const own = examples.filter((example) => example.type === type);

  test.each(own)("$name: the exported schema says $valid ($description)", ({ data, valid }) => {
    expect(exported.check(data)).toBe(valid);
  });

  test.each(own)("$name: the published schema says $valid ($description)", ({ data, valid }) => {
    expect(standard(data)).toBe(valid);
  });

  test.each(own.filter(({ valid }) => !valid))("$name: what is wrong is told ($description)", ({ data }) => {
    expect(exported.findings(data)).not.toHaveLength(0);
  });
});

import { describe, expect, test } from "vitest";
import {
  decodeClientMessage,
  decodeEpisodeRecord,
  decodeHealth,
  decodeJsonRpcRequest,
  decodeMetadata,
  decodeResetRequest,
  decodeSchemaDocument,
  decodeServerMessage,
  decodeStepRequest,
  parseJson,
} from "../src/index.ts";
import { readExamples } from "./examples.ts";

const examples = readExamples();
const exampleFrames = (types: readonly string[], valid: boolean) =>
  examples
    .filter((example) => types.includes(example.type) && example.valid === valid)
    .map(({ type, name, data }) => ({ of: `${type}/${name}`, frame: JSON.stringify(data) }));

const clientTypes = ["ResetMessage", "StepMessage", "StateMessage", "CloseMessage", "McpMessage", "ClientMessage"];
const serverTypes = ["ObservationMessage", "StateReply", "McpReply", "ErrorMessage", "ServerMessage"];

describe("decodeClientMessage", () => {
  test.each(exampleFrames(clientTypes, true))("returns the message $of as it is", ({ frame }) => {
    expect(JSON.stringify(decodeClientMessage(frame))).toBe(frame);
  });

  test.each(exampleFrames(clientTypes, false))("refuses $of with a protocol error", ({ frame }) => {
    expect(() => decodeClientMessage(frame)).toThrow(expect.objectContaining({ name: "ProtocolError" }));
  });

  test.each([
    ["not json", /^Invalid JSON: ./],
    ["", /^Invalid JSON: ./],
    ["{", /^Invalid JSON: ./],
    ['{"type":"state"}{"type":"state"}', /^Invalid JSON: ./],
    ['{"type":"reset","data":{"seed":NaN}}', /^Invalid JSON: ./],
    ["{'type':'state'}", /^Invalid JSON: ./],
    ['\uFEFF{"type":"state"}', /^Invalid JSON: ./],
  ])("refuses %j with INVALID_JSON", (frame, message) => {
    expect(() => decodeClientMessage(frame)).toThrow(
      expect.objectContaining({ code: "INVALID_JSON", message: expect.stringMatching(message) }),
    );
  });

  test.each([
    ['{"type":"teleport"}', "Unknown message type: teleport"],
    ['{"type":"Step","data":{}}', "Unknown message type: Step"],
    ['{"type":"__proto__"}', "Unknown message type: __proto__"],
    ['{"type":"constructor"}', "Unknown message type: constructor"],
    ['{"type":""}', "Unknown message type: "],
    ["{}", "Unknown message type: "],
    ['{"type":null}', "Unknown message type: "],
    ['{"type":7}', "Unknown message type: number"],
    ['{"type":["step"],"data":{}}', "Unknown message type: object"],
    [JSON.stringify({ type: "x".repeat(5000) }), `Unknown message type: ${"x".repeat(100)}`],
  ])("refuses %j with UNKNOWN_TYPE and tells the type", (frame, message) => {
    expect(() => decodeClientMessage(frame)).toThrow(expect.objectContaining({ code: "UNKNOWN_TYPE", message }));
  });

  test.each([
    ["[]", [], "Invalid message: must be an object, got an array"],
    ["null", [], "Invalid message: must be an object, got null"],
    ['"reset"', [], "Invalid message: must be an object, got a string"],
    ["1013", [], "Invalid message: must be an object, got a number"],
    ["true", [], "Invalid message: must be an object, got a boolean"],
    ['{"type":"step"}', ["data"], "Invalid step message: data is required"],
    ['{"type":"step","data":null}', ["data"], "Invalid step message: data must be object"],
    [
      '{"type":"step","data":{"metadata":[]}}',
      ["data", "metadata"],
      "Invalid step message: data.metadata must be object",
    ],
    ['{"type":"step","data":{},"id":1}', ["id"], "Invalid step message: id is not a known key"],
    ['{"type":"reset","data":null}', ["data"], "Invalid reset message: data must be object"],
    ['{"type":"reset","__proto__":{}}', ["__proto__"], "Invalid reset message: __proto__ is not a known key"],
    ['{"type":"reset","data":{"seed":1.5}}', ["data", "seed"], "Invalid reset message: data.seed must be integer"],
    ['{"type":"reset","data":{"seed":"42"}}', ["data", "seed"], "Invalid reset message: data.seed must be integer"],
    ['{"type":"reset","data":{"seed":1e400}}', ["data", "seed"], "Invalid reset message: data.seed must be integer"],
    [
      '{"type":"reset","data":{"seed":9007199254740993}}',
      ["data", "seed"],
      "Invalid reset message: data.seed must be <= 9007199254740991",
    ],
    [
      '{"type":"reset","data":{"seed":-9007199254740993}}',
      ["data", "seed"],
      "Invalid reset message: data.seed must be >= -9007199254740991",
    ],
    [
      JSON.stringify({ type: "reset", data: { episode_id: "e".repeat(256) } }),
      ["data", "episode_id"],
      "Invalid reset message: data.episode_id must not have more than 255 characters",
    ],
    ['{"type":"state","data":{}}', ["data"], "Invalid state message: data is not a known key"],
    ['{"type":"close","data":null}', ["data"], "Invalid close message: data is not a known key"],
    ['{"type":"mcp"}', ["data"], "Invalid mcp message: data is required"],
    ['{"type":"mcp","data":[]}', ["data"], "Invalid mcp message: data must be object"],
  ])("refuses %s with a VALIDATION_ERROR that names the field and the expectation", (frame, loc, message) => {
    expect(() => decodeClientMessage(frame)).toThrow(
      expect.objectContaining({
        code: "VALIDATION_ERROR",
        message,
        details: { errors: expect.arrayContaining([expect.objectContaining({ loc })]) },
      }),
    );
  });

  test("tells every unknown key", () => {
    expect(() => decodeClientMessage('{"type":"state","a":1,"b":2,"c":3}')).toThrow(
      expect.objectContaining({
        details: {
          errors: ["a", "b", "c"].map((key) => ({ type: "extra_forbidden", loc: [key], msg: "is not a known key" })),
        },
      }),
    );
  });

  test("tells at least one of many unknown keys", () => {
    const keys = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`key${index}`, index]));
    expect(() => decodeClientMessage(JSON.stringify({ type: "state", ...keys }))).toThrow(
      expect.objectContaining({ message: "Invalid state message: key0 is not a known key" }),
    );
  });
});

describe("decodeServerMessage", () => {
  test.each(exampleFrames(serverTypes, true))("returns the message $of as it is", ({ frame }) => {
    expect(JSON.stringify(decodeServerMessage(frame))).toBe(frame);
  });

  test.each([
    ["a missing reward is null", { observation: {}, done: true }, { observation: {}, reward: null, done: true }],
    ["a missing done is false", { observation: {}, reward: 2 }, { observation: {}, reward: 2, done: false }],
    ["both may be missing", { observation: { a: 1 } }, { observation: { a: 1 }, reward: null, done: false }],
    [
      "a reward of true is 1",
      { observation: {}, reward: true, done: false },
      { observation: {}, reward: 1, done: false },
    ],
    [
      "a reward of false is 0",
      { observation: {}, reward: false, done: true },
      { observation: {}, reward: 0, done: true },
    ],
    [
      "unknown keys are kept",
      { observation: {}, reward: 0, done: false, truncated: true },
      { observation: {}, reward: 0, done: false, truncated: true },
    ],
    [
      "metadata beside the reward is kept",
      { observation: {}, metadata: { warnings: ["w"] } },
      { observation: {}, reward: null, done: false, metadata: { warnings: ["w"] } },
    ],
  ])("of a foreign server: %s", (_, sent, read) => {
    expect(decodeServerMessage(JSON.stringify({ type: "observation", data: sent }))).toStrictEqual({
      type: "observation",
      data: read,
    });
  });

  test.each([
    ["x", "the server sent a frame that is not JSON"],
    ["[]", "the server sent a message of unknown type "],
    ['{"type":"hello"}', "the server sent a message of unknown type hello"],
    ['{"type":"step","data":{}}', "the server sent a message of unknown type step"],
    ['{"type":"observation"}', "the server's observation reply is invalid: data is required"],
    [
      '{"type":"observation","data":{"observation":[]}}',
      "the server's observation reply is invalid: data.observation must be object",
    ],
    [
      '{"type":"observation","data":{"observation":{},"reward":"1"}}',
      "the server's observation reply is invalid: data.reward must be number",
    ],
    [
      '{"type":"observation","data":{"observation":{},"done":null}}',
      "the server's observation reply is invalid: data.done must be boolean",
    ],
    ['{"type":"state","data":{"episode_id":null}}', "the server's state reply is invalid: data.step_count is required"],
    ['{"type":"error","data":{"message":"m"}}', "the server's error reply is invalid: data.code is required"],
    ['{"type":"mcp","data":[]}', "the server's mcp reply is invalid: data must be object"],
  ])("refuses %s as an invalid reply", (frame, message) => {
    expect(() => decodeServerMessage(frame)).toThrow(
      expect.objectContaining({ name: "TransportError", reason: "invalid-reply", message }),
    );
  });
});

describe("bodies", () => {
  test.each([
    ["null", null, ["body"], "Invalid request: body must be object"],
    ["nothing", undefined, ["body"], "Invalid request: body must be object"],
    ["a list", [42], ["body"], "Invalid request: body must be object"],
    ["a negative seed", { seed: -1 }, ["body", "seed"], "Invalid request: body.seed must be >= 0"],
    ["an unsafe seed", { seed: 2 ** 53 }, ["body", "seed"], "Invalid request: body.seed must be <= 9007199254740991"],
    ["a numeric id", { episode_id: 7 }, ["body", "episode_id"], "Invalid request: body.episode_id must be string"],
  ])("decodeResetRequest refuses %s", (_, body, loc, message) => {
    expect(() => decodeResetRequest(body)).toThrow(
      expect.objectContaining({
        code: "VALIDATION_ERROR",
        message,
        details: { errors: expect.arrayContaining([expect.objectContaining({ loc })]) },
      }),
    );
  });

  test.each([
    ["nothing", undefined, ["body"], "Invalid request: body must be object"],
    ["no action", {}, ["body", "action"], "Invalid request: body.action is required"],
    ["a text action", { action: "left" }, ["body", "action"], "Invalid request: body.action must be object"],
    ["no time", { action: {}, timeout_s: 0 }, ["body", "timeout_s"], "Invalid request: body.timeout_s must be > 0"],
    [
      "a long request id",
      { action: {}, request_id: "r".repeat(256) },
      ["body", "request_id"],
      "Invalid request: body.request_id must not have more than 255 characters",
    ],
  ])("decodeStepRequest refuses %s", (_, body, loc, message) => {
    expect(() => decodeStepRequest(body)).toThrow(
      expect.objectContaining({
        code: "VALIDATION_ERROR",
        message,
        details: { errors: expect.arrayContaining([expect.objectContaining({ loc })]) },
      }),
    );
  });

  test.each([
    ["decodeResetRequest", "ResetRequest", decodeResetRequest],
    ["decodeStepRequest", "StepRequest", decodeStepRequest],
    ["decodeHealth", "Health", decodeHealth],
    ["decodeMetadata", "Metadata", decodeMetadata],
    ["decodeSchemaDocument", "SchemaDocument", decodeSchemaDocument],
    ["decodeEpisodeRecord", "EpisodeRecord", decodeEpisodeRecord],
  ])("%s takes the good examples of %s and refuses the bad ones", (_, type, decode) => {
    const own = examples.filter((example) => example.type === type);
    expect(own.filter(({ data }) => takes(decode, data)).map(({ name }) => name)).toEqual(
      own.filter(({ valid }) => valid).map(({ name }) => name),
    );
  });

  test.each([
    ["decodeHealth", decodeHealth, { status: "ok" }, "the server's /health reply is invalid: status must be one of "],
    ["decodeMetadata", decodeMetadata, {}, "the server's /metadata reply is invalid: name is required"],
    ["decodeSchemaDocument", decodeSchemaDocument, {}, "the server's /schema reply is invalid: action is required"],
  ])("%s tells what is wrong with an answer", (_, decode, body, message) => {
    expect(() => decode(body)).toThrow(
      expect.objectContaining({ reason: "invalid-reply", message: expect.stringContaining(message) }),
    );
  });

  test("decodeEpisodeRecord tells what is wrong with a record", () => {
    expect(() => decodeEpisodeRecord({ version: 2 })).toThrow(
      expect.objectContaining({
        code: "VALIDATION_ERROR",
        details: { errors: expect.arrayContaining([{ type: "const", loc: ["version"], msg: "must be 1" }]) },
      }),
    );
  });

  test.each(examples.filter(({ type }) => type === "JsonRpcRequest"))("decodeJsonRpcRequest: $name", (example) => {
    expect(decodeJsonRpcRequest(example.data) !== undefined).toBe(example.valid);
  });

  test("parseJson returns what JSON.parse returns", () => {
    expect(parseJson(' {"a":[1,null,"\\u00e9"]} ')).toStrictEqual({ a: [1, null, "é"] });
  });
});

function takes(decode: (value: unknown) => unknown, value: unknown): boolean {
  try {
    decode(value);
    return true;
  } catch {
    return false;
  }
}

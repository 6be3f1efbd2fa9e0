import { checksOf } from "../check.ts";
import { expectErrorCode, expectThat } from "../expect.ts";
import { type JsonObject, show } from "../json.ts";
import type { Server } from "../server.ts";
import type { Connection } from "../wire/connection.ts";
import { opcode } from "../wire/frames.ts";
import { expectAlive } from "./alive.ts";
import { staysUndisturbed } from "./play.ts";
import { expectStanding, freshId, standing } from "./standing.ts";

const requirement = checksOf("core");

const notJson: readonly string[] = [
  "not json",
  "",
  " ",
  '{"type":',
  "{'type':'reset'}",
  '{"type":"state"} {"type":"state"}',
  '{"type":"state",}',
  '{"type":"state"}\u0000',
  '"\n"',
];

const binaries: readonly Buffer[] = [
  Buffer.from('{"type":"state"}'),
  Buffer.alloc(0),
  Buffer.from([0xff, 0xfe, 0x00]),
  Buffer.from('{"type":"close"}'),
];

const notObjects: readonly string[] = ["[]", '[{"type":"state"}]', "null", "7", '"state"', "true", " \n[]\t"];

const unknownTypes: readonly JsonObject[] = [
  { type: "teleport" },
  {},
  { data: {} },
  { type: null },
  { type: 7 },
  { type: ["state"] },
  { type: { type: "state" } },
  { type: "" },
  { type: "Reset" },
  { type: "STATE" },
  { type: "reset " },
  { type: "observation", data: {} },
  { type: "error", data: { message: "no", code: "VALIDATION_ERROR" } },
  { type: "__proto__" },
  { type: "constructor" },
  { Type: "state" },
];

/** Of a known type, and not of its schema. */
const ofNoSchema: readonly JsonObject[] = [
  { type: "mcp" },
  { type: "mcp", data: [] },
  { type: "mcp", data: {}, id: 1 },
  { type: "close", data: {} },
  { type: "close", id: 1 },
];

/** Of messages that production mode refuses, whatever they hold, for another reason. */
const ofNoSimulationSchema: readonly JsonObject[] = [
  { type: "step" },
  { type: "step", data: null },
  { type: "step", data: [] },
  { type: "step", data: "guess" },
  { type: "step", data: {}, id: 1 },
  { type: "step", data: { metadata: 7 } },
  { type: "reset", data: [] },
  { type: "reset", data: "seed" },
  { type: "reset", data: null },
  { type: "reset", data: { seed: "42" } },
  { type: "reset", data: { seed: 1.5 } },
  { type: "reset", data: { seed: true } },
  { type: "reset", data: { episode_id: 7 } },
  { type: "reset", seed: 42 },
  { type: "reset", data: {}, id: 1 },
  { type: "state", data: {} },
  { type: "state", data: null },
  { type: "state", id: 1 },
];

/** One of each kind of the table; each is answered by one error. */
const malformed: readonly (JsonObject | string | Buffer)[] = [
  "not json",
  "",
  Buffer.from('{"type":"reset"}'),
  "[]",
  "null",
  { type: "teleport" },
  {},
  { type: "reset", data: null },
  { type: "reset", data: { seed: "42", episode_id: "conformance-malformed" } },
  { type: "reset", id: 1 },
  { type: "step" },
  { type: "step", data: [] },
  { type: "state", data: {} },
  { type: "close", data: {} },
  { type: "mcp" },
];

async function askMalformed(connection: Connection, sent: JsonObject | string | Buffer): Promise<JsonObject> {
  if (Buffer.isBuffer(sent)) connection.sendFrame({ opcode: opcode.binary, payload: sent });
  else connection.send(sent);
  const what = Buffer.isBuffer(sent) ? "a binary message" : show(sent);
  const reply = await connection.message(`the reply to ${what}`);
  expectThat(reply.type === "error", `${what}: expected an error message, got ${show(reply)}`);
  return reply;
}

async function expectCodes(server: Server, messages: readonly (JsonObject | string)[], code: string): Promise<void> {
  const connection = await server.session();
  for (const message of messages) {
    const reply = await connection.ask(message);
    const got = reply.type === "error" ? expectErrorCode(reply, code).code : undefined;
    expectThat(got === code, `${show(message)}: expected an error with code ${code}, got ${show(reply)}`);
  }
}

/** Malformed messages at `/ws`. */
export const messageChecks = [
  requirement("ws.invalid-json", (server) => expectCodes(server, notJson, "INVALID_JSON")),
  requirement("ws.binary", async (server) => {
    const connection = await server.session();
    for (const payload of binaries) {
      connection.sendFrame({ opcode: opcode.binary, payload });
      expectErrorCode(await connection.message(`the reply to ${payload.length} binary bytes`), "INVALID_JSON");
    }
  }),
  requirement("ws.not-object", (server) => expectCodes(server, notObjects, "VALIDATION_ERROR")),
  requirement("ws.unknown-type", (server) => expectCodes(server, unknownTypes, "UNKNOWN_TYPE")),
  requirement("ws.message-schema", (server) => {
    const more = server.facts.mode === "simulation" ? ofNoSimulationSchema : [];
    return expectCodes(server, [...ofNoSchema, ...more], "VALIDATION_ERROR");
  }),
  requirement("ws.malformed-open", async (server) => {
    const connection = await server.session();
    const simulation = server.facts.mode === "simulation";
    if (simulation) await server.reset(connection, { episode_id: freshId() });
    const before = simulation ? await standing(server, connection) : {};
    for (const sent of malformed) {
      await askMalformed(connection, sent);
      await expectAlive(server, connection);
      if (simulation) await expectStanding(server, connection, "after a malformed message", before);
    }
  }),
  requirement("ws.malformed-harmless", { mode: "simulation" }, async (server) => {
    const connection = await server.session();
    const disturb = async (): Promise<void> => {
      const before = await standing(server, connection);
      for (const sent of malformed) {
        await askMalformed(connection, sent);
        await expectStanding(server, connection, "after a malformed message", before);
      }
    };
    await disturb();
    await server.reset(connection);
    await disturb();
    const same = await staysUndisturbed(server, connection, disturb);
    expectThat(same !== false, "expected the episode to go on as without malformed messages; it went another way");
  }),
];

import { checksOf } from "../check.ts";
import { expectErrorCode, expectObject, expectRpcError, expectThat } from "../expect.ts";
import { isObject, type Json, type JsonObject, show } from "../json.ts";
import type { Server } from "../server.ts";
import { expectAlive, unknown } from "./alive.ts";
import { rpcRequest } from "./calling.ts";
import { expectStanding, freshId, standing } from "./standing.ts";

const requirement = checksOf("core");
const mode = "simulation";

const listing = rpcRequest("tools/list");

/** Objects that are no JSON-RPC request. */
const noRequests: readonly JsonObject[] = [
  {},
  { id: 1, method: "tools/list" },
  { jsonrpc: "1.0", id: 1, method: "tools/list" },
  { jsonrpc: 2, id: 1, method: "tools/list" },
  { jsonrpc: "2.0", id: 1 },
  { jsonrpc: "2.0", id: 1, method: 7 },
  { jsonrpc: "2.0", id: {}, method: "tools/list" },
  { jsonrpc: "2.0", id: 1, method: "tools/list", params: [] },
  { jsonrpc: "2.0", id: 1, method: "tools/list", extra: 1 },
];

/** One message of each type, and some that every server answers with an error. */
const oneOfEach: readonly (JsonObject | string)[] = [
  { type: "reset", data: {} },
  { type: "step", data: {} },
  { type: "state" },
  { type: "mcp", data: listing },
  { type: "mcp", data: {} },
  unknown,
  { type: "state", data: {} },
  { type: "step" },
  "not json",
];

const wrong: readonly (JsonObject | string)[] = [
  "not json",
  "[]",
  unknown,
  { type: "step" },
  { type: "close", data: 1 },
];

/** The replies to messages of all types, also those that the environment carries out where it is known how. */
async function replies(server: Server): Promise<readonly JsonObject[]> {
  const connection = await server.session();
  const { reset, valid = [], raises } = server.actions.script;
  const known = [...valid, ...(raises === undefined ? [] : [raises])].map((data) => ({ type: "step", data }));
  const told: JsonObject[] = [];
  for (const message of [...oneOfEach, { type: "reset", data: reset ?? {} }, ...known])
    told.push(await connection.ask(message));
  return told;
}

/** Messages of the server, and what they answer. */
export const replyChecks = [
  requirement("ws.server-envelope", async (server) => {
    for (const reply of await replies(server)) {
      const extra = Object.keys(reply).filter((key) => key !== "type" && key !== "data");
      expectThat(
        extra.length === 0,
        `expected no keys beside type and data, got ${extra.join(", ")} in ${show(reply)}`,
      );
    }
  }),
  requirement("ws.extension-announced", async (server) => {
    for (const reply of await replies(server)) {
      const known = typeof reply.type === "string" && ["observation", "state", "mcp", "error"].includes(reply.type);
      expectThat(known, `expected a type of a server's message, got ${show(reply)}`);
      const extra = Object.keys(reply).filter((key) => key !== "type" && key !== "data");
      expectThat(extra.length === 0, `expected no key of the envelope beside type and data, got ${extra.join(", ")}`);
    }
  }),
  requirement("ws.error-shape", async (server) => {
    const errors = (await replies(server)).filter(({ type }) => type === "error");
    expectThat(errors.length > 0, "expected errors in answer to malformed messages, got none");
    for (const { data } of errors)
      expectThat(
        isObject(data) && typeof data.message === "string" && typeof data.code === "string",
        `expected the strings message and code in the data of an error, got ${show(data)}`,
      );
  }),
  requirement("ws.error-open", async (server) => {
    const connection = await server.session();
    const simulation = server.facts.mode === mode;
    if (simulation) await server.reset(connection, { episode_id: freshId() });
    const before = simulation ? await standing(server, connection) : {};
    const { raises, resetRaises } = server.actions.script;
    const failing = [
      ...(simulation && raises !== undefined ? [{ type: "step", data: raises }] : []),
      ...(simulation && resetRaises !== undefined ? [{ type: "reset", data: resetRaises }] : []),
    ];
    for (const message of [...wrong, ...failing]) {
      const { type } = await connection.ask(message);
      expectThat(type === "error", `${show(message)}: expected an error, got ${show(type)}`);
      await expectAlive(server, connection);
      if (simulation) await expectStanding(server, connection, "after an error", before);
    }
  }),
  requirement("ws.reset-answer", { mode }, async (server) => {
    const connection = await server.session();
    for (const options of [{}, { seed: 42 }, { seed: null, episode_id: null }, { episode_id: freshId() }]) {
      const outcome = await server.reset(connection, options);
      expectObject(`the observation of a reset with ${show(options)}`, outcome.observation);
      const { step_count } = await server.state(connection);
      expectThat(step_count === 0, `expected a new episode after a reset, got a step_count of ${show(step_count)}`);
    }
    const empty = await connection.ask({ type: "reset", data: {} });
    const bare = await connection.ask({ type: "reset" });
    expectThat(
      bare.type === empty.type,
      `expected a reset without data to be answered as one with {}: ${show(empty)}, got ${show(bare)}`,
    );
  }),
  requirement("ws.reset-null", { mode }, async (server) => {
    const connection = await server.session();
    expectErrorCode(await connection.ask({ type: "reset", data: null }), "VALIDATION_ERROR");
    await server.reset(connection);
    expectErrorCode(await connection.ask({ type: "reset", data: null }), "VALIDATION_ERROR");
  }),
  requirement("ws.step-answer", { mode }, async (server) => {
    const connection = await server.session();
    await server.reset(connection);
    const { observation } = await server.step(connection);
    expectObject("the observation of a step", observation);
  }),
  requirement("ws.step-deadline", { mode }, async (server) => {
    // Only a deadline shorter than this action is seen: that there is none at all, no wait can show.
    const slow = server.actions.scripted("slow");
    const connection = await server.session();
    await server.reset(connection);
    await server.step(connection, slow);
  }),
  requirement("ws.state-answer", { mode }, async (server) => {
    const connection = await server.session();
    await server.state(connection);
    await server.reset(connection);
    await server.state(connection);
  }),
  requirement("ws.state-data", { mode }, async (server) => {
    const connection = await server.session();
    for (const data of [{}, null, 1, "", []])
      expectErrorCode(await connection.ask({ type: "state", data }), "VALIDATION_ERROR");
  }),
  requirement("ws.mcp-answer", async (server) => {
    const connection = await server.session();
    const calls: readonly JsonObject[] = [
      listing,
      { jsonrpc: "2.0", id: "a", method: "conformance/unknown" },
      { jsonrpc: "2.0", id: null, method: "tools/call", params: {} },
      {},
    ];
    for (const data of calls) {
      const reply = await connection.ask({ type: "mcp", data });
      expectThat(reply.type === "mcp", `mcp with ${show(data)}: expected an mcp message, got ${show(reply)}`);
    }
  }),
  requirement("ws.mcp-invalid", async (server) => {
    const connection = await server.session();
    for (const data of noRequests) {
      const reply = await connection.ask({ type: "mcp", data });
      expectThat(reply.type === "mcp", `mcp with ${show(data)}: expected an mcp message, got ${show(reply)}`);
      expectRpcError(expectObject(`the data of the reply to ${show(data)}`, reply.data), -32600);
    }
  }),
  requirement("ws.mcp-data", async (server) => {
    const connection = await server.session();
    const noObjects: readonly (Json | undefined)[] = [undefined, null, [], [listing], "tools/list", 7, true];
    for (const data of noObjects) expectErrorCode(await connection.ask({ type: "mcp", data }), "VALIDATION_ERROR");
  }),
];

/** Runs last: by then every other check has seen replies, too. */
export const schemaOfMessagesChecks = [
  requirement("ws.server-schema", { alone: true }, async (server) => {
    await replies(server);
    const [first, ...more] = server.log.mismatches("ws");
    const further = more.length === 0 ? "" : `, and ${more.length} mismatches of other kinds`;
    expectThat(first === undefined, `expected messages that match their schemas, got ${first}${further}`);
  }),
];

import { checksOf } from "../check.ts";
import { expectRpcError, expectThat } from "../expect.ts";
import { isObject, type Json, type JsonObject, show } from "../json.ts";
import type { Server } from "../server.ts";
import { expectEqual } from "../verdict.ts";
import type { Connection } from "../wire/connection.ts";
import { opcode } from "../wire/frames.ts";
import { firstReply } from "./alive.ts";
import { askRpc, calledResult, hasTools, listedTools, rpcRequest } from "./calling.ts";
import { attach, openMcp, ownIdOf } from "./doors.ts";
import { fillSlots } from "./fill-slots.ts";
import { openSessions } from "./open-sessions.ts";

const requirement = checksOf("mcp");
const inSessions = checksOf("sessions");
const create = rpcRequest("openenv/session/create");
const unknown = "conformance/unknown";

/** The sockets that a session of their own is behind, each with a way to send it a request. */
async function ownSockets(server: Server): Promise<readonly ((request: JsonObject) => Promise<JsonObject>)[]> {
  const ws = await server.session();
  const mcp = await openMcp(server);
  return [(request) => askRpc(ws, request), (request) => mcp.ask(request)];
}

/** JSON-RPC on sockets. */
export const rpcSocketChecks = [
  inSessions("rpc.socket-session", { slots: 4 }, async (server) => {
    const call = await server.actions.call();
    const { name, arguments: input } = call;
    const other = await server.createSession();
    for (const send of await ownSockets(server))
      for (const session_id of [other, "conformance", ""]) {
        listedTools(await send(rpcRequest("tools/list", { session_id })));
        calledResult(server, call, await send(rpcRequest("tools/call", { name, arguments: input, session_id })));
      }
    if (server.facts.mode === "production") return;
    const steps = async (connection: Connection): Promise<Json | undefined> =>
      (await server.state(connection)).step_count;
    expectEqual(
      "the step_count of a session that sockets of others named",
      await steps(await attach(server, other)),
      0,
    );
    const own = await server.session();
    await askRpc(own, rpcRequest("tools/call", { name, arguments: input, session_id: other }));
    expectEqual("the step_count of the socket's own session after a call that named another", await steps(own), 1);
  }),
  inSessions("rpc.socket-create", { alone: true, slots: 3 }, async (server) => {
    const session_id = await server.createSession();
    const attached = await attach(server, session_id);
    expectEqual("the id told to an attached socket", ownIdOf(await askRpc(attached, create)), session_id);
    const sockets = await ownSockets(server);
    const before = await openSessions(server);
    for (const send of sockets) {
      const [first, second] = [ownIdOf(await send(create)), ownIdOf(await send(create))];
      expectThat(first === second, `expected the id of the socket's own session, got ${first} and then ${second}`);
    }
    const after = await openSessions(server);
    expectThat(after <= before, `expected no session to be opened, got ${after} open sessions after ${before}`);
  }),
  inSessions("rpc.socket-close-own", { slots: 3 }, async (server) => {
    const attached = await attach(server, await server.createSession());
    for (const send of [...(await ownSockets(server)), (request: JsonObject) => askRpc(attached, request)]) {
      const session_id = ownIdOf(await send(create));
      expectRpcError(await send(rpcRequest("openenv/session/close", { session_id })), -32600);
      expectEqual("the id of the socket's session after that", ownIdOf(await send(create)), session_id);
    }
  }),
  requirement("rpc.ws-endpoint", async (server) => {
    const connection = await openMcp(server);
    const ids: readonly Json[] = [1, "two", 3];
    for (const id of ids) connection.send(rpcRequest(unknown, undefined, id));
    const told: Json[] = [];
    for (const _ of ids) {
      const response = await connection.message("a response");
      expectRpcError(response, -32601);
      told.push(response.id ?? null);
    }
    const missing = ids.filter((id) => !told.includes(id));
    expectThat(missing.length === 0, `expected one response to each of ${show(ids)}, got ${show(told)}`);
    if (hasTools(server)) listedTools(await connection.ask(rpcRequest("tools/list")));
  }),
  inSessions("rpc.ws-session", { alone: true, slots: 3 }, async (server) => {
    const sockets = [await openMcp(server), await openMcp(server), await openMcp(server)];
    const ids: string[] = [];
    for (const socket of sockets) ids.push(ownIdOf(await socket.ask(create)));
    expectThat(new Set(ids).size === ids.length, `expected a session for each connection, got the ids ${show(ids)}`);
    const open = await openSessions(server);
    expectThat(open >= ids.length, `expected ${ids.length} open sessions or more, got ${open}`);
  }),
  requirement("rpc.ws-refusal", { alone: true }, async (server) => {
    const { connection: probe, reply } = await firstReply(server, { type: "mcp", data: create });
    await probe.close();
    const { data } = reply;
    const code = isObject(data) ? data.code : undefined;
    if (code !== "FACTORY_ERROR") await fillSlots(server);
    const connection = await server.open("/mcp");
    const refusal = await connection.message("the refusal");
    expectRpcError(refusal, -32000);
    expectEqual("the id of the refusal", refusal.id, null);
    connection.send(rpcRequest("tools/list"));
    expectEqual("the close code", await connection.closed(), code === "FACTORY_ERROR" ? 1011 : 1013);
  }),
  requirement("rpc.ws-malformed", async (server) => {
    const connection = await openMcp(server);
    const malformed = ["not json", "", "{", "[]", JSON.stringify([create]), "7", "null", '"tools/list"'];
    const binary = Buffer.from(JSON.stringify(create));
    const send = [
      ...malformed.map((text) => () => connection.send(text)),
      () => connection.sendFrame({ opcode: opcode.binary, payload: binary }),
    ];
    for (const each of send) {
      each();
      expectRpcError(await connection.message("the response to a malformed message"), -32700);
    }
    expectRpcError(await connection.ask(rpcRequest(unknown)), -32601);
  }),
];

import { checksOf } from "../check.ts";
import { expectRpcError, expectRpcResult, expectThat } from "../expect.ts";
import { isObject, type Json, type JsonObject, show } from "../json.ts";
import type { Server } from "../server.ts";
import { expectEqual, notApplicable } from "../verdict.ts";
import { firstReply } from "./alive.ts";
import { hasTools, noSuchTool, postRpc, rpcRequest } from "./calling.ts";
import { attach, refusalOn } from "./doors.ts";
import { fillSlots } from "./fill-slots.ts";
import { unknownIds } from "./session-ids.ts";

const requirement = checksOf("sessions");

const close = (session_id: Json): JsonObject => rpcRequest("openenv/session/close", { session_id });

/** Requests that name a session, of the methods that this server answers in one. */
function naming(server: Server, session_id: Json): readonly JsonObject[] {
  if (!hasTools(server)) return [close(session_id)];
  const call = { name: noSuchTool, arguments: {}, session_id };
  return [close(session_id), rpcRequest("tools/list", { session_id }), rpcRequest("tools/call", call)];
}

/** Holds it against the server if the session does not come to its end. */
async function expectEnded(server: Server, id: string, when: string): Promise<void> {
  const end = Date.now() + server.deadlineMs;
  for (;;) {
    // A question that ends nothing by itself.
    const { error } = await postRpc(server, rpcRequest("tools/list", { session_id: id }));
    if (isObject(error) && error.code === -32602) return;
    expectThat(Date.now() < end, `expected the session to be closed ${when}`);
  }
}

/** Sessions by JSON-RPC. */
export const rpcSessionChecks = [
  requirement("rpc.session-create", async (server) => {
    const first = await server.createSession();
    const socket = await attach(server, first);
    await socket.close();
    await postRpc(server, close(first));
    const second = await server.createSession();
    expectThat(first !== second && second !== "", `expected another id for another session, got ${show(second)}`);
  }),
  requirement("rpc.session-create-capacity", { alone: true }, async (server) => {
    await fillSlots(server);
    const { data } = expectRpcError(await server.rpc("openenv/session/create"), -32000);
    const { active_sessions, max_sessions }: JsonObject = isObject(data) ? data : {};
    const { maxSessions = max_sessions } = server.facts;
    expectThat(
      Number.isInteger(active_sessions) && Number.isInteger(max_sessions) && max_sessions === maxSessions,
      `expected active_sessions and max_sessions in the data of the error, got ${show(data)}`,
    );
  }),
  requirement("rpc.session-create-factory", { alone: true }, async (server) => {
    const { reply } = await firstReply(server, { type: "mcp", data: rpcRequest("conformance/knock") });
    const { type, data: reason } = reply;
    if (type !== "error" || !isObject(reason) || reason.code !== "FACTORY_ERROR")
      notApplicable("the environment can be created; shown by one that cannot");
    const { data } = expectRpcError(await server.rpc("openenv/session/create"), -32000);
    expectThat(
      isObject(data) && typeof data.factory_name === "string",
      `expected factory_name in the data of the error, got ${show(data)}`,
    );
  }),
  requirement("rpc.session-close", async (server) => {
    const session_id = await server.createSession();
    const { closed, session_id: told } = expectRpcResult(await postRpc(server, close(session_id)));
    expectEqual("the result of openenv/session/close", { closed, session_id: told }, { closed: true, session_id });
    expectRpcError(await postRpc(server, close(session_id)), -32602);
  }),
  requirement("rpc.session-close-attached", async (server) => {
    const session_id = await server.createSession();
    const socket = await attach(server, session_id);
    const { closed, closing, session_id: told } = expectRpcResult(await postRpc(server, close(session_id)));
    expectEqual(
      "the result of openenv/session/close while a socket is attached",
      { closed, closing, session_id: told },
      { closed: false, closing: true, session_id },
    );
    const refusal = await refusalOn(socket);
    expectThat(refusal === undefined, `expected the attached socket to go on, got ${show(refusal)}`);
    await socket.close();
    await expectEnded(server, session_id, "when its socket has detached");
  }),
  requirement("rpc.session-close-missing", async (server) => {
    for (const params of [undefined, {}, { session_id: null }, { id: "conformance" }])
      expectRpcError(await postRpc(server, rpcRequest("openenv/session/close", params)), -32602);
  }),
  requirement("rpc.session-unknown", async (server) => {
    for (const id of unknownIds)
      for (const request of naming(server, id)) expectRpcError(await postRpc(server, request), -32602);
  }),
  requirement("rpc.session-type", async (server) => {
    for (const id of [7, 1.5, true, [], ["conformance"], {}, { session_id: "conformance" }])
      for (const request of naming(server, id)) expectRpcError(await postRpc(server, request), -32602);
  }),
];

import { checksOf } from "../check.ts";
import { expectRpcError, expectThat } from "../expect.ts";
import { isObject, type Json, type JsonObject, show } from "../json.ts";
import type { Server } from "../server.ts";
import { notApplicable } from "../verdict.ts";
import {
  askRpc,
  bothWays,
  calledResult,
  failingCalls,
  hasTools,
  listedTools,
  noSuchTool,
  postRpc,
  rpcRequest,
} from "./calling.ts";
import { attach, sharedSession } from "./doors.ts";
import { expectOpen, openSessions } from "./open-sessions.ts";
import { staysUndisturbed } from "./play.ts";
import { expectStanding, freshId } from "./standing.ts";

const requirement = checksOf("mcp");
const mode = "simulation";

/** What is no name of a tool, not even one that is unknown. */
const noNames: readonly JsonObject[] = [{}, { name: null }, { name: 7 }, { name: [] }, { name: { name: "add" } }];
const noArguments: readonly Json[] = [[], "a", 7, true, null];

async function expectCalled(server: Server, params: JsonObject): Promise<JsonObject> {
  const call = await server.actions.call();
  const { name, arguments: input } = call;
  return calledResult(
    server,
    call,
    await postRpc(server, rpcRequest("tools/call", { name, arguments: input, ...params })),
  );
}

/** Tools by JSON-RPC. */
export const rpcToolChecks = [
  requirement("rpc.tools-list", async (server) => {
    server.tool();
    for (const send of bothWays(server))
      for (const params of [undefined, {}, { session_id: null }])
        for (const tool of listedTools(await send(rpcRequest("tools/list", params))))
          expectThat(
            typeof tool.name === "string" && typeof tool.description === "string" && isObject(tool.inputSchema),
            `expected the name, the description and the inputSchema of a tool, got ${show(tool)}`,
          );
  }),
  requirement("rpc.tools-list-pure", { mode, alone: true, slots: 2 }, async (server) => {
    server.tool();
    const connection = await server.session();
    const list = async (): Promise<void> => {
      listedTools(await askRpc(connection, rpcRequest("tools/list")));
    };
    await list();
    await expectStanding(server, connection, "after tools/list in a fresh session", {
      episode_id: null,
      step_count: 0,
    });
    const shared = await sharedSession(server);
    if (shared.id !== undefined)
      listedTools(await postRpc(server, rpcRequest("tools/list", { session_id: shared.id })));
    await expectStanding(server, shared.connection, "after tools/list of its id", { episode_id: null, step_count: 0 });
    const episode_id = freshId();
    await server.reset(connection, { episode_id });
    await list();
    await expectStanding(server, connection, "after tools/list", { episode_id, step_count: 0 });
    const same = await staysUndisturbed(server, connection, list);
    expectThat(same !== false, "expected the episode to go on as without tools/list; it went another way");
    const before = await openSessions(server);
    for (let lists = 0; lists < 4; lists++) listedTools(await postRpc(server, rpcRequest("tools/list")));
    const after = await openSessions(server);
    expectThat(after <= before, `expected no session for tools/list, got ${after} open sessions after ${before}`);
  }),
  requirement("rpc.no-tools", async (server) => {
    if (hasTools(server)) notApplicable("the environment has tools");
    for (const send of bothWays(server)) {
      expectRpcError(await send(rpcRequest("tools/list")), -32603);
      for (const params of [{ name: noSuchTool, arguments: {} }, { name: noSuchTool }])
        expectRpcError(await send(rpcRequest("tools/call", params)), -32603);
    }
  }),
  requirement("rpc.tools-call", async (server) => {
    const call = await server.actions.call();
    for (const send of bothWays(server)) {
      const { name, arguments: input } = call;
      const response = await send(rpcRequest("tools/call", { name, arguments: input }));
      const result = calledResult(server, call, response);
      const keys = ["content", "structured_content", "meta", "data", "is_error", "structuredContent", "isError"];
      for (const key of keys)
        expectThat(key in result, `expected the key ${key} in the result of a call, got ${show(result)}`);
    }
  }),
  checksOf("sessions")("rpc.tools-call-session", { mode, slots: 2 }, async (server) => {
    server.tool();
    const [called = "", other = ""] = [await server.createSession(), await server.createSession()];
    await expectCalled(server, { session_id: called });
    await expectCalled(server, { session_id: called });
    for (const [id, steps] of [
      [called, 2],
      [other, 0],
    ] as const) {
      const { step_count } = await server.state(await attach(server, id));
      expectThat(
        step_count === steps,
        `expected a step_count of ${steps} in the session that ${steps} calls named, got ${show(step_count)}`,
      );
    }
  }),
  requirement("rpc.tools-call-alone", { alone: true, slots: 2 }, async (server) => {
    server.tool();
    const { connection } = await sharedSession(server);
    const before = await openSessions(server);
    for (const params of [{}, { session_id: null }, {}, {}]) await expectCalled(server, params);
    await expectOpen(server, before, "after calls that named no session");
    if (server.facts.mode === "production") return;
    await expectStanding(server, connection, "after calls elsewhere", { episode_id: null, step_count: 0 });
  }),
  requirement("rpc.tools-call-name", async (server) => {
    for (const send of bothWays(server))
      for (const params of [undefined, ...noNames, { arguments: {} }])
        expectRpcError(await send(rpcRequest("tools/call", params)), -32602);
  }),
  requirement("rpc.tools-call-arguments", async (server) => {
    const { name } = hasTools(server) ? await server.actions.call() : { name: noSuchTool };
    for (const send of bothWays(server))
      for (const input of noArguments)
        expectRpcError(await send(rpcRequest("tools/call", { name, arguments: input })), -32602);
  }),
  requirement("rpc.tools-call-failure", async (server) => {
    server.tool();
    const ways = bothWays(server);
    // Where every reset needs options, a call in no session fails before its tool is looked for.
    for (const send of server.actions.script.reset === undefined ? ways : ways.slice(1))
      for (const { call } of await failingCalls(server)) {
        const { name, arguments: input } = call;
        expectRpcError(await send(rpcRequest("tools/call", { name, arguments: input })), -32603);
      }
  }),
];

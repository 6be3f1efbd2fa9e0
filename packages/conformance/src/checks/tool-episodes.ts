import { checksOf } from "../check.ts";
import { expectErrorCode, expectRpcError, expectThat } from "../expect.ts";
import { isObject, type JsonObject, show } from "../json.ts";
import type { ToolCall } from "../script.ts";
import type { Server } from "../server.ts";
import { expectEqual, notApplicable, sameJson } from "../verdict.ts";
import type { Connection } from "../wire/connection.ts";
import {
  askRpc,
  bothWays,
  calledResult,
  callOn,
  failingCalls,
  hasTools,
  noSuchTool,
  postRpc,
  resultOn,
  rpcRequest,
} from "./calling.ts";
import { sharedSession } from "./doors.ts";
import { expectStanding, freshId } from "./standing.ts";

const requirement = checksOf("mcp");
const mode = "simulation";

/** What both ways of calling tell of a result. */
const resultKeys = ["content", "structured_content", "meta", "data", "is_error"];

const callRequest = ({ name, arguments: input }: ToolCall): JsonObject =>
  rpcRequest("tools/call", { name, arguments: input });

/** The ways to call a tool in one session: as an action, in an `mcp` message, and by `POST /mcp` where that takes an id. */
interface Ways {
  connection: Connection;
  call: readonly ((call: ToolCall) => Promise<unknown>)[];
}

async function openWays(server: Server): Promise<Ways> {
  const { connection, id: session_id } = await sharedSession(server);
  const step = (call: ToolCall): Promise<unknown> => callOn(server, connection, call);
  const ask = (call: ToolCall): Promise<unknown> => askRpc(connection, callRequest(call));
  const post = ({ name, arguments: input }: ToolCall): Promise<unknown> =>
    postRpc(server, rpcRequest("tools/call", { name, arguments: input, session_id }));
  return { connection, call: session_id === undefined ? [step, ask] : [step, ask, post] };
}

/** Requests by which an agent might ask for a new episode. */
const resetRequests: readonly JsonObject[] = [
  rpcRequest("reset"),
  rpcRequest("reset", { seed: 1 }),
  rpcRequest("openenv/reset"),
  rpcRequest("openenv/session/reset"),
  rpcRequest("openenv/session/create"),
  rpcRequest("tools/list"),
  callRequest({ name: "reset", arguments: {} }),
  callRequest({ name: noSuchTool, arguments: { reset: true } }),
];

/** Whether any key that a response of JSON-RPC defines tells a reward; what is in the tool's own data is its own. */
function tellsReward(response: JsonObject): boolean {
  const { result, error } = response;
  const parts = [response, result, error, isObject(result) ? result.meta : undefined];
  return parts.some((part) => isObject(part) && "reward" in part);
}

/** Tool calls as part of the episode, whichever way they come. */
export const toolEpisodeChecks = [
  requirement("tool.one-episode", { mode }, async (server) => {
    server.tool();
    const { connection, call } = await openWays(server);
    const episode_id = freshId();
    await server.reset(connection, { episode_id });
    const valid = await server.actions.call();
    for (const [calls, way] of [...call, ...call].entries()) {
      await way(valid);
      await expectStanding(server, connection, "after calls by several ways", { episode_id, step_count: calls + 1 });
    }
  }),
  requirement("tool.same-result", { mode }, async (server) => {
    const call = await server.actions.call();
    const connection = await server.session();
    const resultAfterReset = async (run: () => Promise<JsonObject>): Promise<JsonObject> => {
      await server.reset(connection, { seed: 11 });
      const result = await run();
      return Object.fromEntries(resultKeys.map((key) => [key, result[key]]));
    };
    const asAction = (): Promise<JsonObject> => resultOn(server, connection, call);
    const asRequest = async (): Promise<JsonObject> =>
      calledResult(server, call, await askRpc(connection, callRequest(call)));
    const expected = await resultAfterReset(asAction);
    const again = await resultAfterReset(asAction);
    if (!sameJson(expected, again)) notApplicable("the tool tells another result each time");
    expectEqual("the result of tools/call", await resultAfterReset(asRequest), expected);
  }),
  requirement("tool.call-counts", { mode }, async (server) => {
    server.tool();
    const { connection, call } = await openWays(server);
    const episode_id = freshId();
    await server.reset(connection, { episode_id });
    const failing = (await failingCalls(server)).map((each) => each.call);
    let step_count = 0;
    for (const each of [await server.actions.call(), ...failing])
      for (const way of call) {
        await way(each);
        step_count += 1;
        await expectStanding(server, connection, `after a call of ${each.name}`, { episode_id, step_count });
      }
    for (const params of [{}, { name: 7 }, { name: noSuchTool, arguments: 7 }])
      expectRpcError(await askRpc(connection, rpcRequest("tools/call", params)), -32602);
    expectErrorCode(await connection.ask({ type: "step", data: { type: "call_tool" } }), "VALIDATION_ERROR");
    await expectStanding(server, connection, "after calls that were refused", { episode_id, step_count });
  }),
  requirement("tool.reward-place", async (server) => {
    const requests = [rpcRequest("tools/list"), rpcRequest("conformance/unknown")];
    if (hasTools(server)) requests.push(callRequest(await server.actions.call()));
    requests.push(callRequest({ name: noSuchTool, arguments: {} }));
    for (const send of bothWays(server))
      for (const request of requests) {
        const response = await send(request);
        expectThat(
          !tellsReward(response),
          `expected no reward in the response to ${show(request)}, got ${show(response)}`,
        );
      }
  }),
  requirement("tool.no-reset", { mode }, async (server) => {
    const { connection, id: session_id } = await sharedSession(server);
    const episode_id = freshId();
    await server.reset(connection, { episode_id });
    const attempts = [
      ...resetRequests.map((request) => () => askRpc(connection, request)),
      ...resetRequests
        .filter(({ method }) => session_id !== undefined && method !== "openenv/session/create")
        .map(({ method, params }) => {
          const inSession = { ...(isObject(params) ? params : {}), session_id };
          return () => postRpc(server, rpcRequest(String(method), inSession));
        }),
    ];
    let steps = 0;
    for (const attempt of attempts) {
      await attempt();
      const state = await server.state(connection);
      expectThat(
        state.episode_id === episode_id && Number(state.step_count) >= steps,
        `expected the episode ${episode_id} with ${steps} steps or more to go on after requests for a reset, got ${show(state)}`,
      );
      steps = Number(state.step_count);
    }
  }),
];

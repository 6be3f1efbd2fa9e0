import { checksOf } from "../check.ts";
import { expectErrorCode, expectObject, expectRpcError, expectRpcResult, expectThat } from "../expect.ts";
import { isObject, type Json, type JsonObject, show } from "../json.ts";
import type { ToolCall } from "../script.ts";
import type { Server } from "../server.ts";
import { expectEqual, notApplicable, sameJson, violated } from "../verdict.ts";
import type { Connection } from "../wire/connection.ts";
import { callAction, hasTools, rpcRequest } from "./calling.ts";

const requirement = checksOf("production");
const mode = "production";

/** What a tool returned, called as an action. */
async function callData(server: Server, connection: Connection, call: ToolCall): Promise<Json> {
  const { observation } = await server.step(connection, callAction(call));
  const result = isObject(observation) ? observation.result : undefined;
  if (!isObject(result) || result.data === undefined)
    return violated(`expected a result of the tool ${call.name}, got ${show(observation)}`);
  return result.data;
}

/** Everything by which a client might ask for a new episode. */
async function attemptResets(server: Server, connection: Connection): Promise<void> {
  for (const message of [
    { type: "reset" },
    { type: "reset", data: { seed: 1 } },
    { type: "step", data: { type: "reset" } },
    { type: "step", data: callAction({ name: "reset", arguments: {} }) },
    { type: "mcp", data: rpcRequest("reset") },
    { type: "mcp", data: rpcRequest("openenv/session/create") },
    { type: "mcp", data: rpcRequest("openenv/session/reset") },
    { type: "mcp", data: rpcRequest("tools/call", { name: "reset", arguments: {} }) },
  ])
    await connection.ask(message);
  await server.http({ method: "POST", path: "/reset", json: {} });
}

/** What a client may not do where an agent works in an environment for real. */
export const productionChecks = [
  requirement("mode.ws-open", { mode }, async (server) => {
    const connection = await server.session();
    const { type } = await connection.ask({ type: "mcp", data: rpcRequest("tools/list") });
    expectThat(type === "mcp", `expected an mcp message in answer to one, got ${type}`);
  }),
  requirement("mode.reset", { mode }, async (server) => {
    const connection = await server.session();
    for (const message of [{ type: "reset" }, { type: "reset", data: {} }, { type: "reset", data: { seed: 1 } }])
      expectErrorCode(await connection.ask(message), "MODE_ERROR");
  }),
  requirement("mode.state", { mode }, async (server) => {
    const connection = await server.session();
    expectErrorCode(await connection.ask({ type: "state" }), "MODE_ERROR");
  }),
  requirement("mode.action", { mode }, async (server) => {
    const connection = await server.session();
    const actions: JsonObject[] = [{ type: "no such action" }, { type: "Call_Tool", tool_name: "x" }];
    if (server.facts.ownActions) actions.push(await server.actions.valid());
    for (const data of actions) expectErrorCode(await connection.ask({ type: "step", data }), "MODE_ERROR");
  }),
  requirement("mode.tools", { mode }, async (server) => {
    const connection = await server.session();
    const listed = await connection.ask({ type: "mcp", data: rpcRequest("tools/list") });
    expectThat(listed.type === "mcp", `expected an mcp message in answer to one, got ${show(listed)}`);
    if (!hasTools(server)) return;
    expectRpcResult(expectObject("the data of an mcp message", listed.data));
    const call = await server.actions.call();
    const called = await connection.ask({ type: "mcp", data: rpcRequest("tools/call", call) });
    expectThat(called.type === "mcp", `expected an mcp message in answer to one, got ${show(called)}`);
    const { observation } = await server.step(connection, { type: "list_tools" });
    expectThat(
      isObject(observation) && Array.isArray(observation.tools),
      `expected the tools in answer to list_tools, got ${show(observation)}`,
    );
    const { observation: outcome } = await server.step(connection, callAction(call));
    expectThat(
      isObject(outcome) && outcome.tool_name === call.name,
      `expected what the tool ${call.name} came to, got ${show(outcome)}`,
    );
  }),
  requirement("mode.reward", { mode }, async (server) => {
    if (!hasTools(server)) notApplicable("the environment has no tools, so nothing is answered with an outcome");
    const connection = await server.session();
    for (const action of [{ type: "list_tools" }, callAction(await server.actions.call())]) {
      const { reward } = await server.step(connection, action);
      expectThat(reward === null, `expected null as the reward, got ${show(reward)}`);
    }
  }),
  requirement("mode.no-reset", { mode }, async (server) => {
    const call = server.actions.scripted("serverReset");
    const undisturbed = await server.session();
    const expected: Json[] = [];
    for (let calls = 0; calls < 3; calls++) expected.push(await callData(server, undisturbed, call));
    await undisturbed.close();
    const connection = await server.session();
    const seen = [await callData(server, connection, call), await callData(server, connection, call)];
    if (!sameJson(seen, expected.slice(0, 2)) || sameJson(expected[1], expected[2]))
      notApplicable("the calls of the script's `serverReset` do not count up in the same way in every session");
    await attemptResets(server, connection);
    const after = await callData(server, connection, call);
    expectThat(
      sameJson(after, expected[2]),
      `expected the session to go on with ${show(expected[2])} after a client asked for resets, got ${show(after)}`,
    );
  }),
  requirement("mode.server-reset", { mode }, async (server) => {
    const call = server.actions.scripted("serverReset");
    const connection = await server.session();
    expectEqual("the first call of a session", await callData(server, connection, call), call.data);
    await connection.close();
    if (!server.facts.profiles.has("sessions")) return;
    const session_id = await server.createSession();
    const { name, arguments: input } = call;
    const { data } = expectRpcResult(await server.rpc("tools/call", { name, arguments: input, session_id }));
    expectEqual("the first call of a session over JSON-RPC", data, call.data);
  }),
  requirement("mode.server-reset-failed", { mode }, async (server) => {
    if (!server.actions.scripted("serverResetFails")) notApplicable("the script says that the reset works");
    const connection = await server.open();
    expectErrorCode(await connection.ask({ type: "step", data: { type: "list_tools" } }), "FACTORY_ERROR");
  }),
  requirement("mode.error-text", { mode }, async (server) => {
    const call = server.actions.scripted("callRaises");
    const text = server.actions.scripted("callRaisesText");
    const connection = await server.session();
    const told = [
      show(await connection.ask({ type: "step", data: callAction(call) })),
      show(await connection.ask({ type: "mcp", data: rpcRequest("tools/call", call) })),
    ];
    await connection.close();
    told.push(show(await server.rpc("tools/call", call)));
    for (const each of told)
      expectThat(!each.includes(text), `expected nothing of the text that the tool threw, got ${each}`);
  }),
  requirement("mode.http-absent", { mode }, async (server) => {
    const unknown = await server.http({ path: "/conformance/no-such-path" });
    for (const [method, path] of [
      ["POST", "/reset"],
      ["POST", "/step"],
      ["GET", "/state"],
      ["GET", "/reset"],
      ["DELETE", "/state"],
    ]) {
      const asked = { path: String(path), ...(method === "POST" ? { method, json: {} } : { method: String(method) }) };
      const { status, json } = await server.http(asked);
      expectThat(status === 404, `${method} ${path}: expected status 404, got ${status} and ${show(json)}`);
      expectEqual(`${method} ${path}: the body`, json, unknown.json ?? null);
    }
  }),
  requirement("mode.rpc", { mode }, async (server) => {
    expectRpcError(await server.rpc("no/such/method"), -32601);
    const listed = await server.rpc("tools/list");
    if (!hasTools(server)) {
      expectRpcError(listed, -32603);
      return;
    }
    expectThat(Array.isArray(expectRpcResult(listed).tools), `expected the tools, got ${show(listed)}`);
    const call = await server.actions.call();
    const called = await server.rpc("tools/call", { name: call.name, arguments: call.arguments });
    // A call that was generated may fail; then the code tells so, as in simulation.
    if (called.error === undefined) expectRpcResult(called);
    else expectRpcError(called, -32603);
    expectRpcError(await server.rpc("tools/call", { arguments: {} }), -32602);
  }),
];

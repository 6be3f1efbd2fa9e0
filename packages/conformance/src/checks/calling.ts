import { expectObject } from "../expect.ts";
import { isObject, type Json, type JsonObject, show } from "../json.ts";
import type { ToolCall } from "../script.ts";
import type { Server } from "../server.ts";
import { notApplicable, violated } from "../verdict.ts";
import type { Connection, ConnectOptions } from "../wire/connection.ts";

/** A request of JSON-RPC. */
export function rpcRequest(method: string, params?: JsonObject, id: Json = 1): JsonObject {
  return { jsonrpc: "2.0", id, method, ...(params === undefined ? {} : { params }) };
}

/** What a request says, sent to `POST /mcp`: the response. Where no slot is free, one that is still being freed is waited for. */
export async function postRpc(
  server: Server,
  request: Json,
  headers: Record<string, string> = {},
): Promise<JsonObject> {
  const end = Date.now() + server.deadlineMs;
  for (;;) {
    const { json, text } = await server.http({ method: "POST", path: "/mcp", json: request, headers });
    if (!isObject(json)) return violated(`POST /mcp ${show(request)}: expected a response, got ${show(text)}`);
    const { code, data }: JsonObject = isObject(json.error) ? json.error : {};
    const full = code === -32000 && isObject(data) && "max_sessions" in data;
    if (!full || Date.now() > end) return json;
  }
}

/** The response to a request in an `mcp` message. */
export async function askRpc(connection: Connection, request: JsonObject): Promise<JsonObject> {
  const reply = await connection.ask({ type: "mcp", data: request });
  if (reply.type !== "mcp") violated(`expected an mcp message in answer to ${show(request)}, got ${show(reply)}`);
  return expectObject("the data of an mcp message", reply.data);
}

/** A session in which tools can be called: where clients may reset, it has been reset with the options that this environment needs. */
export async function toolSession(server: Server, options: ConnectOptions = {}): Promise<Connection> {
  const connection = await server.session(options);
  if (server.facts.mode === "simulation") await server.reset(connection);
  return connection;
}

/**
 * Both ways to send a request: by `POST /mcp`, and in an `mcp` message of a session that opens with the first of them. A call by `POST`
 * takes a slot of its own, so whoever has one slot sends all that go by the first way before.
 */
export function bothWays(server: Server): readonly ((request: JsonObject) => Promise<JsonObject>)[] {
  let opening: Promise<Connection> | undefined;
  const inMessage = async (request: JsonObject): Promise<JsonObject> => {
    opening ??= toolSession(server);
    return askRpc(await opening, request);
  };
  return [(request) => postRpc(server, request), inMessage];
}

export function hasTools({ facts }: Server): boolean {
  return facts.tools !== undefined && facts.tools.length > 0;
}

/** A call as an action. */
export function callAction({ name, arguments: input }: ToolCall): JsonObject {
  return { type: "call_tool", tool_name: name, arguments: input };
}

/** The observation of a call as an action. */
export async function callOn(server: Server, connection: Connection, call: ToolCall): Promise<JsonObject> {
  const { observation } = await server.step(connection, callAction(call));
  return expectObject("the observation of a call", observation);
}

/** The result of a call as an action, which must succeed; not applicable where arguments that were generated make it fail. */
export async function resultOn(server: Server, connection: Connection, call: ToolCall): Promise<JsonObject> {
  const { result, error } = await callOn(server, connection, call);
  if (isObject(result)) return result;
  if (server.actions.script.call !== call && isObject(error)) return callRefused(call, error);
  return violated(`expected a result of the tool ${call.name}, got ${show({ result, error })}`);
}

/**
 * The result in the response to a `tools/call`; not applicable where arguments that were generated make it fail, or the reset before
 * it, which the server runs without the options that this environment needs.
 */
export function calledResult({ actions }: Server, call: ToolCall, { result, error }: JsonObject): JsonObject {
  if (isObject(result)) return result;
  const generated = actions.script.call !== call;
  // With which code a call is answered whose reset failed is not looked at here.
  const unready = actions.script.reset !== undefined;
  if (isObject(error) && (unready || (generated && error.code === -32603))) return callRefused(call, error);
  return violated(`expected a result of the tool ${call.name}, got ${show({ result, error })}`);
}

function callRefused({ name }: ToolCall, error: JsonObject): never {
  return notApplicable(
    `the tool ${name} fails here (${show(error.message)}); give a \`call\` that succeeds after a reset without options in the file of --actions`,
  );
}

/** A name that no tool has. */
export const noSuchTool = "conformance_no_such_tool";

/** Calls that fail: of no tool, with arguments that do not match, and of a tool that throws, where such calls are known. */
export async function failingCalls(server: Server): Promise<readonly { call: ToolCall; errorType: string }[]> {
  const { callRaises } = server.actions.script;
  const calls = [{ call: { name: noSuchTool, arguments: {} }, errorType: "tool_not_found" }];
  const invalid = await invalidCall(server);
  if (invalid !== undefined) calls.push({ call: invalid, errorType: "invalid_args" });
  if (callRaises !== undefined) calls.push({ call: callRaises, errorType: "execution_error" });
  return calls;
}

/** A call whose arguments do not match; undefined where every tool takes whatever it is given. */
async function invalidCall({ actions, facts }: Server): Promise<ToolCall | undefined> {
  if (actions.script.callInvalid !== undefined) return actions.script.callInvalid;
  const refuses = (facts.tools ?? []).some(
    ({ inputSchema }) => Array.isArray(inputSchema.required) && inputSchema.required.length > 0,
  );
  return refuses ? actions.callInvalid() : undefined;
}

/** The tools that `list_tools` tells. */
export async function listOn(server: Server, connection: Connection): Promise<readonly JsonObject[]> {
  const { observation } = await server.step(connection, { type: "list_tools" });
  return toolsOf("the observation of list_tools", observation);
}

/** The tools that `tools/list` tells. */
export function listedTools({ result, error }: JsonObject): readonly JsonObject[] {
  return toolsOf("the response to tools/list", result ?? error);
}

function toolsOf(what: string, value: Json | undefined): readonly JsonObject[] {
  const tools = isObject(value) ? value.tools : undefined;
  if (!Array.isArray(tools)) return violated(`${what}: expected a list of tools, got ${show(value)}`);
  return tools.map((tool: Json) => expectObject(`a tool in ${what}`, tool));
}

/** The number that a call of the script's `callCounts` returned. */
export function countOf(result: Json | undefined): number {
  const data = isObject(result) ? result.data : undefined;
  return typeof data === "number"
    ? data
    : violated(`expected a number from the script's callCounts, got ${show(result)}`);
}

import { checksOf } from "../check.ts";
import { expectErrorCode, expectObject, expectThat } from "../expect.ts";
import { isObject, type Json, type JsonObject, show } from "../json.ts";
import type { ToolCall } from "../script.ts";
import type { Server } from "../server.ts";
import { expectEqual, notApplicable } from "../verdict.ts";
import type { Connection } from "../wire/connection.ts";
import type { HttpAnswer, HttpRequest } from "../wire/http.ts";
import { callAction, callOn, countOf, failingCalls, resultOn, toolSession } from "./calling.ts";
import { answered, inSession, newSession, post } from "./requests.ts";
import { expectSameState } from "./standing.ts";

const requirement = checksOf("mcp");
const mode = "simulation";

/** What is wrong with a `tool_name`. */
const malformedCalls: readonly JsonObject[] = [
  { type: "call_tool" },
  { type: "call_tool", arguments: {} },
  { type: "call_tool", tool_name: null },
  { type: "call_tool", tool_name: 7 },
  { type: "call_tool", tool_name: ["add"] },
  { type: "call_tool", tool_name: { name: "add" } },
];

/** The state without what counts calls: what is left is the environment's own. */
async function ownState(server: Server, connection: Connection): Promise<JsonObject> {
  const { step_count: _, ...own } = await server.state(connection);
  return own;
}

/** A `POST /step` that calls a tool. */
function stepRequest(id: string, call: ToolCall, options: JsonObject = {}): HttpRequest {
  return post("/step", { action: callAction(call), ...options }, inSession(id));
}

/** The result of a call by `POST /step`; undefined where it tells none. */
function resultIn({ json }: HttpAnswer): Json | undefined {
  const observation = isObject(json) ? json.observation : undefined;
  return isObject(observation) && isObject(observation.result) ? observation.result : undefined;
}

/** Seconds after which a server ends a call unless its operator set others. */
const toolDeadlineSeconds = 30;

/** Tool calls as actions. */
export const toolCallChecks = [
  requirement("tool.call", async (server) => {
    server.tool();
    const connection = await toolSession(server);
    const failing = (await failingCalls(server)).map(({ call }) => call);
    for (const call of [await server.actions.call(), ...failing]) {
      const { tool_name, result, error } = await callOn(server, connection, call);
      expectEqual("the tool_name in the observation of a call", tool_name, call.name);
      expectThat(
        isObject(result) !== isObject(error),
        `expected either a result or an error of ${call.name}, got ${show({ result, error })}`,
      );
    }
  }),
  requirement("tool.call-malformed", async (server) => {
    server.tool();
    const connection = await toolSession(server);
    for (const data of malformedCalls)
      expectErrorCode(await connection.ask({ type: "step", data }), "VALIDATION_ERROR");
  }),
  requirement("tool.result-shape", async (server) => {
    const connection = await toolSession(server);
    const result = await resultOn(server, connection, await server.actions.call());
    for (const key of ["content", "structured_content", "meta", "data", "is_error"])
      expectThat(key in result, `expected the key ${key} in the result of a call, got ${show(result)}`);
  }),
  requirement("tool.failure", async (server) => {
    server.tool();
    const connection = await toolSession(server);
    for (const { call } of await failingCalls(server)) {
      const reply = await connection.ask({ type: "step", data: callAction(call) });
      expectThat(reply.type === "observation", `expected an observation of a call that failed, got ${show(reply)}`);
      const observation = isObject(reply.data) ? reply.data.observation : undefined;
      const { result, error } = expectObject("the observation of a call", observation);
      expectThat(
        result === null && isObject(error),
        `expected a result of null and an error, got ${show(observation)}`,
      );
    }
  }),
  requirement("tool.failure-type", async (server) => {
    server.tool();
    const connection = await toolSession(server);
    for (const { call, errorType } of await failingCalls(server)) {
      const { message, error_type } = expectObject(
        "the error of a call",
        (await callOn(server, connection, call)).error,
      );
      expectThat(
        typeof message === "string" && error_type === errorType,
        `expected a message and the error_type ${errorType}, got ${show({ message, error_type })}`,
      );
    }
  }),
  requirement("tool.failure-unreached", async (server) => {
    const call = await server.actions.callInvalid();
    const connection = await toolSession(server);
    const looks = server.facts.mode === "simulation";
    const before = looks ? await ownState(server, connection) : {};
    const { result } = await callOn(server, connection, call);
    expectThat(!isObject(result), `expected no result of a call whose arguments do not match, got ${show(result)}`);
    if (!looks) return;
    const look = (): Promise<JsonObject> => ownState(server, connection);
    await expectSameState("the state after a call whose arguments do not match", look, before);
  }),
  requirement("tool.deadline", { slow: true }, async (server) => {
    const call = server.actions.scripted("callEndless");
    const seconds = server.actions.script.toolDeadlineSeconds ?? toolDeadlineSeconds;
    const connection = await toolSession(server, { deadlineMs: seconds * 1000 + server.deadlineMs });
    const { error } = await callOn(server, connection, call);
    expectThat(
      isObject(error) && error.error_type === "timeout",
      `expected the call to end with timeout after ${seconds} seconds, got ${show(error)}`,
    );
  }),
  requirement("tool.deadline-turn", { mode }, async (server) => {
    const call = server.actions.scripted("callCounts");
    const id = await newSession(server);
    const first = countOf(resultIn(await answered(server, stepRequest(id, call), 200)));
    const late = await server.http(stepRequest(id, call, { timeout_s: 0.05 }));
    if (resultIn(late) !== undefined) notApplicable("the call of the script's `callCounts` ended before its deadline");
    const third = countOf(resultIn(await answered(server, stepRequest(id, call), 200)));
    expectThat(
      third === first + 2,
      `expected a call to begin when the one before, which outlived its deadline, had ended and told ${first + 1}; it told ${third}`,
    );
  }),
];

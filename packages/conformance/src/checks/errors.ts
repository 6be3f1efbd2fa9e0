import { checksOf } from "../check.ts";
import { expectErrorCode, expectThat } from "../expect.ts";
import { isObject, type Json, type JsonObject, show } from "../json.ts";
import type { Server } from "../server.ts";
import { notApplicable, violated } from "../verdict.ts";
import type { HttpRequest } from "../wire/http.ts";
import { firstReply } from "./alive.ts";

const requirement = checksOf("core");
const simulation = "simulation";

/** The table of error codes. */
const codes: readonly string[] = [
  "INVALID_JSON",
  "UNKNOWN_TYPE",
  "VALIDATION_ERROR",
  "EXECUTION_ERROR",
  "CAPACITY_REACHED",
  "FACTORY_ERROR",
  "SESSION_ERROR",
  "MODE_ERROR",
];

/** Messages that are answered with an error. Whether each of them is, is for other checks to see. */
const wrongMessages: readonly (JsonObject | string)[] = [
  "not json",
  "[]",
  { type: "teleport" },
  { type: "state", data: {} },
  { type: "step" },
  { type: "step", data: [] },
  { type: "mcp", data: "tools/list" },
  { type: "reset", data: null },
  { type: "reset", data: { seed: "seven" } },
];

/** Requests that are answered with an error wherever their routes are. */
const wrongRequests: readonly HttpRequest[] = [
  { path: "/conformance/no-such-path" },
  { method: "DELETE", path: "/health" },
  { method: "POST", path: "/reset", body: "{", headers: { "content-type": "application/json" } },
  { method: "POST", path: "/step", json: {} },
  { method: "POST", path: "/step", json: { action: {}, timeout_s: -1 } },
];

/** The `data` of the errors that sessions come to by what is sent and, where the script knows how, by the environment. */
async function errorsAtSocket(server: Server): Promise<readonly JsonObject[]> {
  const { raises } = server.actions.script;
  const scripted = raises === undefined || server.facts.mode === "production" ? [] : [{ type: "step", data: raises }];
  const errors: JsonObject[] = [];
  for (const message of [...wrongMessages, ...scripted]) {
    // A session for each: whether one goes on after an error is for a check of its own.
    const connection = await server.session();
    const { type, data } = await connection.ask(message);
    if (type === "error" && isObject(data)) errors.push(data);
    await connection.close();
  }
  expectThat(errors.length > 0, "expected errors in answer to malformed messages, got none");
  return errors;
}

/** The bodies of errors over HTTP. */
async function errorsOverHttp(server: Server): Promise<readonly JsonObject[]> {
  const bodies: JsonObject[] = [];
  for (const asked of wrongRequests) {
    const { status, json } = await server.http(asked);
    if (status >= 400 && isObject(json)) bodies.push(json);
  }
  return bodies;
}

/** How the stacks of common languages look. */
const traces = [
  /Traceback \(most recent call last\)/,
  /^[ \t]*File ".+", line \d+/m,
  /^[ \t]+at .+[:(].*\d+\)?$/m,
  /^goroutine \d+ \[/m,
  /^stack backtrace:/m,
];

function textsIn(value: Json | undefined): readonly string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  return isObject(value) ? Object.values(value).flatMap(textsIn) : [];
}

/** The code and the contents of every error. */
export const errorChecks = [
  requirement("error.code-table", async (server) => {
    for (const { code } of [...(await errorsAtSocket(server)), ...(await errorsOverHttp(server))])
      expectThat(
        code === undefined || (typeof code === "string" && codes.includes(code)),
        `expected a code of the table of errors, got ${show(code)}`,
      );
  }),
  requirement("error.message", async (server) => {
    for (const data of await errorsAtSocket(server))
      expectThat(
        typeof data.message === "string" && data.message.trim() !== "",
        `expected a sentence as the message of an error, got ${show(data)}`,
      );
    for (const { detail } of await errorsOverHttp(server)) {
      const sentences = Array.isArray(detail) ? detail.map((each: Json) => isObject(each) && each.msg) : [detail];
      expectThat(
        sentences.length > 0 && sentences.every((each) => typeof each === "string" && each.trim() !== ""),
        `expected a sentence as the detail of an error, or in each of its findings, got ${show(detail)}`,
      );
    }
  }),
  requirement("error.no-trace", async (server) => {
    for (const error of [...(await errorsAtSocket(server)), ...(await errorsOverHttp(server))])
      for (const text of textsIn(error))
        expectThat(!traces.some((trace) => trace.test(text)), `expected an error without a stack trace, got ${text}`);
  }),
  requirement("error.execution-text", { mode: simulation }, async (server) => {
    const data = server.actions.scripted("raises");
    const text = server.actions.scripted("raisesText");
    const connection = await server.session();
    await server.reset(connection);
    const { message } = expectErrorCode(await connection.ask({ type: "step", data }), "EXECUTION_ERROR");
    expectThat(String(message).includes(text), `expected the text "${text}" in the message, got ${show(message)}`);
  }),
  requirement("error.capacity-details", { alone: true }, async (server) => {
    const { active_sessions, max_sessions } = await refusal(server);
    expectThat(
      Number.isInteger(active_sessions) && Number.isInteger(max_sessions),
      `expected the integers active_sessions and max_sessions, got ${show({ active_sessions, max_sessions })}`,
    );
  }),
  requirement("error.factory-details", async (server) => {
    const { factory_name } = await factoryError(server);
    expectThat(typeof factory_name === "string", `expected the string factory_name, got ${show(factory_name)}`);
  }),
  requirement("error.factory-cause", async (server) => {
    const text = server.actions.scripted("factoryText");
    const told = [show(await factoryError(server))];
    if (server.facts.mode === "simulation")
      for (const headers of [{}, { "OpenEnv-Session": "new" }])
        told.push((await server.http({ method: "POST", path: "/reset", json: {}, headers })).text);
    if (server.facts.profiles.has("sessions")) told.push(show(await server.rpc("openenv/session/create")));
    for (const each of told)
      expectThat(!each.includes(text), `expected no word of why the environment could not be created, got ${each}`);
  }),
];

/** The `data` of a refusal for want of a slot, once every slot is taken. */
async function refusal(server: Server): Promise<JsonObject> {
  const { maxSessions } = server.facts;
  if (maxSessions !== undefined && maxSessions > 64)
    notApplicable(`the server has room for ${maxSessions} sessions; shown by one that is served with at most 64`);
  for (let taken = 0; taken <= (maxSessions ?? 8); taken++) {
    const { type, data } = await (await server.open()).ask({ type: "state" });
    if (type === "error" && isObject(data) && data.code === "CAPACITY_REACHED") return data;
  }
  if (maxSessions === undefined) notApplicable("the server does not tell its limit, and takes more than 8 sessions");
  return violated(`expected CAPACITY_REACHED beyond ${maxSessions} sessions`);
}

/** The `data` of the refusal of a session whose environment could not be created. */
async function factoryError(server: Server): Promise<JsonObject> {
  const { reply } = await firstReply(server, { type: "state" });
  const { type, data } = reply;
  if (type !== "error" || !isObject(data) || data.code !== "FACTORY_ERROR")
    return notApplicable("sessions open here; shown by a server whose environment cannot be created");
  return data;
}

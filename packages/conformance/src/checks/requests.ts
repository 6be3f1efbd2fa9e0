import { expectThat } from "../expect.ts";
import { excerpt, isObject, type Json, type JsonObject, show } from "../json.ts";
import type { Server } from "../server.ts";
import { violated } from "../verdict.ts";
import type { HttpAnswer, HttpRequest } from "../wire/http.ts";

/** The name of the header that says in which session a request runs. */
export const sessionHeader = "OpenEnv-Session";

export const informationPaths = ["/health", "/metadata", "/schema", "/openapi.json"] as const;

export type Headers = Readonly<Record<string, string>>;

export function inSession(id: string): Headers {
  return { [sessionHeader]: id };
}

export function post(path: string, json: Json, headers: Headers = {}): HttpRequest {
  return { method: "POST", path, json, headers };
}

/** A body as it is, said to be JSON. */
export function postText(path: string, body: string | Buffer, headers: Headers = {}): HttpRequest {
  return { method: "POST", path, body, headers: { "content-type": "application/json", ...headers } };
}

/** A reset, with the options that this environment needs. */
export function resetRequest(server: Server, options: JsonObject = {}, headers: Headers = {}): HttpRequest {
  return post("/reset", { ...server.actions.script.reset, ...options }, headers);
}

/** Routes that take a slot for a request that names no session. */
const slotPaths = ["/reset", "/step", "/state"];

/** Asks; where no slot is free for the request, one that is still being freed is waited for. */
export async function ask(server: Server, asked: HttpRequest): Promise<HttpAnswer> {
  const end = Date.now() + server.deadlineMs;
  for (;;) {
    const answer = await server.http(asked);
    if (answer.status !== 503 || !slotPaths.includes(asked.path) || Date.now() > end) return answer;
  }
}

/** Asks, and holds any other status than `status` against the server. */
export async function answered(server: Server, asked: HttpRequest, status: number): Promise<HttpAnswer> {
  const answer = await ask(server, asked);
  expectThat(
    answer.status === status,
    `${describeRequest(asked)}: expected status ${status}, got ${answer.status} ${excerpt(answer.text, 200)}`,
  );
  return answer;
}

export function describeRequest({ method = "GET", path, headers = {}, json, body }: HttpRequest): string {
  const sent = json === undefined ? String(body ?? "") : JSON.stringify(json);
  const named = Object.entries(headers).map(([name, value]) => `${name}: ${excerpt(value, 60)}`);
  return [`${method} ${path}`, named.join(", "), excerpt(sent, 100)].filter((part) => part !== "").join(" ");
}

/** The id that an answer tells in its header; undefined where it tells none or the word `none`. */
export function toldSession({ headers }: HttpAnswer): string | undefined {
  const told = headers["openenv-session"];
  return typeof told === "string" && told !== "none" && told !== "" ? told : undefined;
}

/** The id of a new session, made by a reset. */
export async function newSession(server: Server, options: JsonObject = {}): Promise<string> {
  const answer = await answered(server, resetRequest(server, options, inSession("new")), 200);
  return toldSession(answer) ?? violated("the answer to a reset in a new session tells no id in OpenEnv-Session");
}

/** Ends a session before the check is over, where the server has the method for it. */
export async function endSession(server: Server, session_id: string): Promise<void> {
  await server.rpc("openenv/session/close", { session_id });
}

/** Headers of a step that comes where actions are taken: in no session, or where every reset needs options in one that has had it. */
export async function steppable(server: Server): Promise<Headers> {
  return server.actions.script.reset === undefined ? {} : inSession(await newSession(server));
}

/** Holds it against the server if a body is no outcome. */
export function expectOutcome(what: string, { json }: HttpAnswer): JsonObject {
  if (!isObject(json)) return violated(`${what}: expected an outcome, got ${show(json)}`);
  const { observation, reward, done } = json;
  expectThat(isObject(observation), `${what}: expected an observation that is an object, got ${show(observation)}`);
  expectThat(
    reward === null || typeof reward === "number",
    `${what}: expected a reward that is a number or null, got ${show(reward)}`,
  );
  expectThat(typeof done === "boolean", `${what}: expected \`done\` to be true or false, got ${show(done)}`);
  return json;
}

/** The findings of an answer that must have status 422 and at least one. */
export async function expectFindings(server: Server, asked: HttpRequest): Promise<readonly JsonObject[]> {
  const { json } = await answered(server, asked, 422);
  const detail = isObject(json) ? json.detail : undefined;
  const what = `${describeRequest(asked)}: expected a list of findings in \`detail\``;
  if (!Array.isArray(detail) || detail.length === 0) return violated(`${what}, got ${show(json)}`);
  return detail.map((finding: Json) => {
    const right = isObject(finding) && typeof finding.type === "string" && typeof finding.msg === "string";
    return right && Array.isArray(finding.loc) ? finding : violated(`${what}, got ${show(finding)} among them`);
  });
}

/** The `loc` of a finding. */
export function locOf({ loc }: JsonObject): readonly Json[] {
  return Array.isArray(loc) ? loc : [];
}

/** Whether the server has the route: with a method that no route has, a route is not an unknown path. */
export async function serves(server: Server, path: string): Promise<boolean> {
  return (await server.http({ method: "DELETE", path })).status !== 404;
}

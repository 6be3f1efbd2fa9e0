import {
  decodeResetRequest,
  decodeStepRequest,
  encodeOwn,
  errorCodes,
  isJsonObject,
  type JsonObject,
  jsonRpcCodes,
  openApiDocument,
  ProtocolError,
  parseJson,
  routes,
  sessionHeader,
  simulationRoutes,
  toProtocolError,
} from "@openenv/schema";
import { encodeJsonRpc, jsonRpcError } from "./json-rpc.ts";
import { attempt, type MaybePromise, proceed } from "./maybe-promise.ts";
import type { EnvironmentServer } from "./server.ts";
import type { Session } from "./session.ts";

/** A request as every host can tell it. */
export interface HttpRequest {
  method: string;
  /** Without the query. */
  path: string;
  /** By lower-case name. */
  header(name: string): string | undefined;
  /** The whole body, within the host's limit; undefined if it is not UTF-8 text. */
  body: string | undefined;
}

export interface HttpResponse {
  status: number;
  headers: Record<string, string>;
  body: string;
}

type Route = (request: HttpRequest) => MaybePromise<HttpResponse>;

/** The HTTP routes of a server, written against no host. Never rejects: every failure is a JSON answer. */
export function httpRoutes(server: EnvironmentServer): (request: HttpRequest) => MaybePromise<HttpResponse> {
  const production = server.options.mode === "production";
  const openApi = JSON.stringify(openApiDocument({ title: server.metadata().name, production }));
  const table: Record<string, Record<string, Route>> = {
    [routes.reset]: { POST: (request) => told(server, request, () => inSession(server, request, resetOf(request))) },
    [routes.step]: { POST: (request) => told(server, request, () => inSession(server, request, stepOf(request))) },
    [routes.state]: {
      GET: (request) => told(server, request, () => inSession(server, request, (session) => session.state())),
    },
    [routes.health]: {
      GET: () => {
        const health = server.health();
        return json(health.status === "unhealthy" ? 503 : 200, JSON.stringify(health));
      },
    },
    [routes.metadata]: { GET: () => json(200, JSON.stringify(server.metadata())) },
    [routes.schema]: { GET: () => json(200, JSON.stringify(server.schema())) },
    [routes.openapi]: { GET: () => json(200, openApi) },
    [routes.mcp]: { POST: (request) => answerMcp(server, request) },
  };
  if (production) for (const path of simulationRoutes) delete table[path];

  return (request) => {
    const route = Object.hasOwn(table, request.path) ? table[request.path] : undefined;
    if (route === undefined) return errorAnswer(404, "Not Found");
    const handle = Object.hasOwn(route, request.method) ? route[request.method] : undefined;
    if (handle === undefined) {
      return withHeader(errorAnswer(405, "Method Not Allowed"), "allow", Object.keys(route).join(", "));
    }
    return attempt(handle, request, protocolErrorAnswer);
  };
}

export function json(status: number, body: string): HttpResponse {
  return { status, headers: { "content-type": "application/json" }, body };
}

/** `{detail}` as upstream answers it. */
export function errorAnswer(status: number, detail: string): HttpResponse {
  return json(status, JSON.stringify({ detail }));
}

/** The answer to a request that is refused before any route sees it. */
export function refusalAnswer(path: string, status: number, detail: string): HttpResponse {
  const answer = errorAnswer(status, detail);
  return simulationRoutes.some((route) => route === path) ? withHeader(answer, sessionHeader, "none") : answer;
}

function protocolErrorAnswer(reason: unknown): HttpResponse {
  const { code, message, details } = toProtocolError(reason);
  const findings = Array.isArray(details.errors) ? details.errors : undefined;
  return json(errorCodes[code].status, JSON.stringify({ detail: findings ?? message, code }));
}

type InSession = (session: Session) => MaybePromise<object>;

/** Whatever goes wrong, the answer says which session is left: the one that was named, if there is one for this caller. */
function told(server: EnvironmentServer, request: HttpRequest, answer: Route): MaybePromise<HttpResponse> {
  return attempt(answer, request, (reason) => {
    const named = request.header(sessionHeader);
    const kept = named !== undefined && server.sessions.has(named, readBearer(request));
    return withHeader(protocolErrorAnswer(reason), sessionHeader, kept ? named : "none");
  });
}

/** Runs a request in the session its header names, in a new one that stays, or in one that ends with the answer. */
function inSession(server: EnvironmentServer, request: HttpRequest, work: InSession): MaybePromise<HttpResponse> {
  const named = request.header(sessionHeader);
  if (named === undefined || named === "new") return inNewSession(server, request, work);
  const session = server.sessions.find(named, readBearer(request));
  return proceed(work(session), (value) => answerIn(session, session.id, value));
}

/** A new session stays if it was asked for and its first request succeeds. */
async function inNewSession(server: EnvironmentServer, request: HttpRequest, work: InSession): Promise<HttpResponse> {
  const session = await server.sessions.open("id", readBearer(request));
  let stays = false;
  try {
    const value = await work(session);
    stays = request.header(sessionHeader) === "new";
    return answerIn(session, stays ? session.id : "none", value);
  } finally {
    if (!stays) await server.sessions.destroy(session.id);
  }
}

/** `told` is what the answer says of the session: its id, or `none`. */
function answerIn(session: Session, told: string, value: object): HttpResponse {
  try {
    return withHeader(json(200, encodeOwn(value)), sessionHeader, told);
  } catch (reason) {
    session.uncount();
    throw reason;
  }
}

function withHeader(response: HttpResponse, name: string, value: string): HttpResponse {
  response.headers[name] = value;
  return response;
}

/** Bodies are read before any session is taken: a bad one costs no environment. */
function resetOf(request: HttpRequest): InSession {
  const value = readJson(request);
  const options = value === undefined || value === null ? {} : decodeResetRequest(value);
  return (session) => session.reset(options);
}

function stepOf(request: HttpRequest): InSession {
  const { action, timeout_s, request_id } = decodeStepRequest(readJson(request));
  const context = {
    ...(typeof timeout_s === "number" && { timeoutMs: timeout_s * 1000 }),
    ...(typeof request_id === "string" && { requestId: request_id }),
  };
  return (session) => session.step(action, context);
}

/** The JSON of a body; undefined if there is none. As upstream, a body that says it is something else is refused. */
function readJson(request: HttpRequest): unknown {
  const { body } = request;
  if (body === "") return undefined;
  const type = request.header("content-type");
  if (type !== undefined && type !== "application/json" && !/^application\/([\w.+-]+\+)?json\s*(;|$)/i.test(type)) {
    throw invalidBody("content_type", `must be JSON (content-type application/json), got ${type.slice(0, 100)}`);
  }
  if (body === undefined) throw invalidBody("json_invalid", "is not UTF-8 text");
  try {
    return parseJson(body);
  } catch (reason) {
    throw invalidBody("json_invalid", toProtocolError(reason).message);
  }
}

function invalidBody(type: string, msg: string): ProtocolError {
  const code = type === "json_invalid" ? "INVALID_JSON" : "VALIDATION_ERROR";
  return new ProtocolError(code, msg, { details: { errors: [{ type, loc: ["body"], msg }] } });
}

/** Plain JSON-RPC is answered with 200 whatever happens, and whatever the content type says. */
function answerMcp(server: EnvironmentServer, request: HttpRequest): MaybePromise<HttpResponse> {
  const value = parseRpc(request.body);
  if (value === undefined) {
    return json(200, JSON.stringify(jsonRpcError(null, jsonRpcCodes.parseError, "Parse error: not a JSON object")));
  }
  return proceed(server.answerMcp(value, { bearer: readBearer(request) }), (response) =>
    json(200, encodeJsonRpc(response)),
  );
}

/** A JSON object, or undefined: anything else is a parse error of the plain dialect. */
export function parseRpc(text: string | undefined): JsonObject | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The token of an `Authorization: Bearer` header. */
export function readBearer(request: Pick<HttpRequest, "header">): string | undefined {
  const match = /^Bearer +(\S+)$/i.exec(request.header("authorization") ?? "");
  return match?.[1];
}

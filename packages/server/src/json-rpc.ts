import {
  decodeJsonRpcRequest,
  isJsonObject,
  type JsonObject,
  type JsonRpcId,
  type JsonRpcRequest,
  type JsonRpcResponse,
  jsonRpcCodes,
  type ProtocolError,
  toProtocolError,
} from "@openenv/schema";
import { attempt, type MaybePromise, proceed } from "./maybe-promise.ts";
import type { ToolCall, Toolkit } from "./tools.ts";

/** What the plain dialect may do to sessions; each door of the server grants its own. */
export interface PlainDoor {
  /** Calls a tool in the session of that id; without an id, in the door's own session or a throw-away one. */
  callTool(sessionId: string | undefined, name: string, input: JsonObject): MaybePromise<ToolCall>;
  /** Opens a session, or tells the id of the door's own. */
  create(): MaybePromise<string>;
  close(sessionId: string): MaybePromise<JsonObject>;
  /** Refuses an unknown id before any work is done with it. */
  check(sessionId: string): void;
}

/** An error with the code and data of JSON-RPC. */
export class JsonRpcFailure extends Error {
  readonly code: number;
  readonly data: unknown;

  constructor(code: number, message: string, data: unknown = null) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

/** A response as text; a result that JSON cannot hold becomes an error. */
export function encodeJsonRpc(response: JsonRpcResponse): string {
  try {
    return JSON.stringify(response);
  } catch {
    return JSON.stringify(
      jsonRpcError(response.id, jsonRpcCodes.internalError, "The tool returned what JSON cannot hold"),
    );
  }
}

export function jsonRpcError(id: JsonRpcId, code: number, message: string, data: unknown = null): JsonRpcResponse {
  return { jsonrpc: "2.0", id, error: { code, message, data } };
}

/**
 * Answers one request of the plain dialect: `tools/list`, `tools/call` and `openenv/session/*`.
 * Never rejects; a request without an id is answered with `id: null`, as upstream does.
 */
export function answerPlain(value: unknown, toolkit: Toolkit, door: PlainDoor): MaybePromise<JsonRpcResponse> {
  const request = decodeJsonRpcRequest(value);
  if (request === undefined) {
    return jsonRpcError(null, jsonRpcCodes.invalidRequest, "Invalid request: not a JSON-RPC 2.0 request object");
  }
  const id = request.id ?? null;
  return attempt<JsonRpcRequest, JsonRpcResponse>(
    (valid) => proceed(dispatch(valid, toolkit, door), (result) => ({ jsonrpc: "2.0", id, result })),
    request,
    (reason) => toJsonRpcError(id, reason),
  );
}

function dispatch(request: JsonRpcRequest, toolkit: Toolkit, door: PlainDoor): MaybePromise<unknown> {
  const params = request.params ?? {};
  const sessionId = readSessionId(params);
  switch (request.method) {
    case "tools/list":
      if (sessionId !== undefined) door.check(sessionId);
      requireTools(toolkit);
      return { tools: toolkit.listed.map((tool) => describe(tool.name, toolkit)) };
    case "tools/call": {
      const { name, arguments: input = {} } = params;
      if (typeof name !== "string") throw new JsonRpcFailure(jsonRpcCodes.invalidParams, "Missing 'name' in params");
      if (!isJsonObject(input)) throw new JsonRpcFailure(jsonRpcCodes.invalidParams, "'arguments' must be an object");
      if (sessionId !== undefined) door.check(sessionId);
      requireTools(toolkit);
      return proceed(door.callTool(sessionId, name, input), toCallResult);
    }
    case "openenv/session/create":
      return proceed(door.create(), (session_id) => ({ session_id }));
    case "openenv/session/close":
      if (sessionId === undefined) {
        throw new JsonRpcFailure(jsonRpcCodes.invalidParams, "Missing 'session_id' in params");
      }
      return door.close(sessionId);
    default:
      throw new JsonRpcFailure(jsonRpcCodes.methodNotFound, `Method not found: ${request.method.slice(0, 100)}`);
  }
}

function requireTools(toolkit: Toolkit): void {
  if (toolkit.listed.length > 0) return;
  throw new JsonRpcFailure(jsonRpcCodes.internalError, "This environment has no tools");
}

function readSessionId(params: JsonObject): string | undefined {
  const { session_id } = params;
  if (session_id === undefined || session_id === null) return undefined;
  if (typeof session_id === "string") return session_id;
  throw new JsonRpcFailure(jsonRpcCodes.invalidParams, "'session_id' must be a string");
}

function describe(name: string, toolkit: Toolkit): JsonObject {
  const tool = toolkit.listed.find((each) => each.name === name);
  const output = toolkit.outputs.get(name);
  return {
    name,
    description: tool?.description,
    inputSchema: tool?.input_schema,
    ...(output !== undefined && { outputSchema: output }),
  };
}

/** Both key styles: MCP's own, and the snake_case that upstream's clients read. */
function toCallResult(call: ToolCall): JsonObject {
  if (!call.ok) throw new JsonRpcFailure(jsonRpcCodes.internalError, call.error.message);
  return { ...call.result, structuredContent: call.result.structured_content, isError: call.result.is_error };
}

function toJsonRpcError(id: JsonRpcId, reason: unknown): JsonRpcResponse {
  if (reason instanceof JsonRpcFailure) return jsonRpcError(id, reason.code, reason.message, reason.data);
  const error = toProtocolError(reason);
  return jsonRpcError(id, codeFor(error), error.message, Object.keys(error.details).length > 0 ? error.details : null);
}

function codeFor(error: ProtocolError): number {
  switch (error.code) {
    case "CAPACITY_REACHED":
    case "FACTORY_ERROR":
      return jsonRpcCodes.serverError;
    case "SESSION_ERROR":
      return error.details.initialising === true ? jsonRpcCodes.invalidRequest : jsonRpcCodes.invalidParams;
    default:
      return jsonRpcCodes.internalError;
  }
}

import { isObject, type Json, type JsonObject } from "../json.ts";

/** What a server that conforms answers: its environment tells marks, and has the tool `add`. */
export interface RightAnswers {
  /** The reply to a message at `/ws`; undefined where there is none: after `close`. */
  message(message: Json | undefined): JsonObject | undefined;
  /** The response to a JSON-RPC request. */
  rpc(request: Json | undefined): JsonObject;
  /** The answer to `GET path`; undefined where there is no such route. */
  route(path: string): JsonObject | undefined;
}

/** The id of the sessions that a scripted server creates over JSON-RPC. */
export const sessionId = "57d3a2cb8a741a0805508e3b18ac48e5";

const addInput = {
  type: "object",
  required: ["a", "b"],
  properties: { a: { type: "integer" }, b: { type: "integer" } },
};
const tool = { name: "add", description: "Adds two numbers." };
export const tools = [{ ...tool, input_schema: addInput, inputSchema: addInput }];

/** The `data` of an outcome. */
export function outcome(observation: JsonObject, reward: Json = null, done = false): JsonObject {
  return { observation, reward, done };
}

export function observation(data: JsonObject): JsonObject {
  return { type: "observation", data };
}

export function errorMessage(code: string, more: JsonObject = {}): JsonObject {
  return { type: "error", data: { message: `scripted: ${code}`, code, ...more } };
}

/** `nextMark` makes each outcome one of a kind, so that a check can tell which reply a client took. */
export function createRightAnswers(nextMark: () => string): RightAnswers {
  let steps = 0;

  function step(action: Json | undefined): JsonObject {
    const type = isObject(action) ? action.type : undefined;
    if (type === "list_tools") return outcome({ tools });
    steps += 1;
    if (type !== "call_tool") return outcome({ mark: nextMark() }, 0.5);
    return outcome({ tool_name: "add", result: callResult(), error: null });
  }

  function message(value: Json | undefined): JsonObject | undefined {
    if (value === undefined) return errorMessage("INVALID_JSON");
    if (!isObject(value)) return errorMessage("VALIDATION_ERROR");
    switch (value.type) {
      case "reset":
        steps = 0;
        return observation(outcome({ mark: nextMark() }));
      case "step":
        return observation(step(value.data));
      case "state":
        return { type: "state", data: { episode_id: "scripted", step_count: steps } };
      case "mcp":
        return { type: "mcp", data: rpc(value.data) };
      case "close":
        return undefined;
      default:
        return errorMessage("UNKNOWN_TYPE");
    }
  }

  function rpc(request: Json | undefined): JsonObject {
    const { id = null, method } = isObject(request) ? request : {};
    switch (method) {
      case "tools/list":
        return { jsonrpc: "2.0", id, result: { tools } };
      case "tools/call":
        return { jsonrpc: "2.0", id, result: callResult() };
      case "openenv/session/create":
        return { jsonrpc: "2.0", id, result: { session_id: sessionId } };
      case "openenv/session/close":
        return { jsonrpc: "2.0", id, result: { session_id: sessionId, closed: true } };
      default:
        return { jsonrpc: "2.0", id, error: { code: -32601, message: "Method not found", data: null } };
    }
  }

  return { message, rpc, route: (path) => documents[path] };
}

function callResult(): JsonObject {
  return {
    content: [{ type: "text", text: "3", annotations: null, meta: null }],
    structured_content: { result: 3 },
    meta: null,
    data: 3,
    is_error: false,
    structuredContent: { result: 3 },
    isError: false,
  };
}

const open = { type: "object" };
const documents: Readonly<Record<string, JsonObject>> = {
  "/health": { status: "healthy" },
  "/metadata": {
    name: "scripted",
    description: "Says what its script says.",
    readme_content: null,
    version: "1.0.0",
    author: null,
    documentation_url: null,
    mode: "simulation",
    protocol_revision: "2026-11",
  },
  "/schema": { action: open, observation: open, state: { ...open, required: ["episode_id", "step_count"] } },
};

import { excerpt, isObject, parseJson } from "./json.ts";
import { mismatch } from "./specification.ts";
import type { HttpAnswer, HttpRequest } from "./wire/http.ts";

/** A surface whose messages the specification gives schemas for. */
export type Surface = "ws" | "http" | "rpc";

/** Holds every message that a server sent during a run against the schema of its type. */
export interface WireLog {
  /** A text message of a WebSocket at `/ws`. */
  onText(text: string): void;
  /** A text message of a WebSocket at `/mcp`. */
  onResponse(text: string): void;
  onAnswer(asked: HttpRequest, answer: HttpAnswer): void;
  /** What did not match, each kind of mismatch once, with the first message that showed it. */
  mismatches(surface: Surface): readonly string[];
}

const answerTypes: Readonly<Record<string, string>> = {
  "/health": "Health",
  "/metadata": "Metadata",
  "/schema": "SchemaDocument",
  "/reset": "ResetResponse",
  "/step": "StepResponse",
  "/state": "State",
};

const messageTypes: Readonly<Record<string, string>> = {
  observation: "ObservationMessage",
  state: "StateReply",
  mcp: "McpReply",
  error: "ErrorMessage",
};

export function createWireLog(): WireLog {
  const found = new Map<Surface, Map<string, string>>();

  function hold(surface: Surface, type: string, value: unknown, text: string): void {
    const wrong = mismatch(type, value);
    if (wrong === undefined) return;
    const kinds = found.get(surface) ?? new Map<string, string>();
    found.set(surface, kinds);
    if (!kinds.has(wrong)) kinds.set(wrong, `${wrong}: ${excerpt(text, 200)}`);
  }

  return {
    onText(text) {
      const value = parseJson(text);
      const type = isObject(value) && typeof value.type === "string" ? messageTypes[value.type] : undefined;
      hold("ws", type ?? "ServerMessage", value, text);
    },
    onResponse: (text) => hold("rpc", "JsonRpcResponse", parseJson(text), text),
    onAnswer({ method = "GET", path }, { status, json, text }) {
      if (method === "HEAD") return;
      const [route = ""] = path.split("?");
      if (route === "/mcp" && status === 200) hold("rpc", "JsonRpcResponse", json, text);
      else if (status >= 400 && !(route === "/health" && status === 503)) hold("http", "HttpError", json, text);
      else if (answerTypes[route] !== undefined) hold("http", answerTypes[route], json, text);
    },
    mismatches: (surface) => [...(found.get(surface)?.values() ?? [])],
  };
}

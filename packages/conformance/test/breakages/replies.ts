import { isObject, type JsonObject, parseJson } from "../../src/json.ts";
import { type Proofs, rewriting } from "../peers/catches.ts";
import { hidden, instead, onType } from "./rewrites.ts";

const state: JsonObject = { type: "state" };

/** A tool's failure told as an error of the session. */
function responseAsError(text: string): string {
  const message = parseJson(text);
  if (!isObject(message) || message.type !== "mcp" || !isObject(message.data) || !isObject(message.data.error))
    return text;
  return '{"type":"error","data":{"message":"no","code":"EXECUTION_ERROR"}}';
}

/** A message of a type without its `data`, where `when` says so of what it holds. */
function withoutData(type: string, when: (data: unknown) => boolean): (text: string) => string {
  return (text) => {
    const message = parseJson(text);
    if (!isObject(message) || message.type !== type || !("data" in message) || !when(message.data)) return text;
    return JSON.stringify({ type });
  };
}

export const replyProofs: Proofs = {
  "ws.server-envelope": { broken: { toClient: rewriting((message) => ({ ...message, id: 1 })) } },
  "ws.extension-announced": {
    broken: { toClient: rewriting((message) => (message.type === "mcp" ? { ...message, type: "response" } : message)) },
  },
  "ws.error-shape": { broken: { toClient: onType("error", ({ message }) => ({ message, code: 400 })) } },
  "ws.error-open": {
    broken: hidden(() => (_, lastReply) => (lastReply.type === "error" ? { type: "reset" } : undefined)),
  },
  "ws.reset-answer": { broken: { toServer: instead("reset", () => true, state) } },
  "ws.reset-null": { broken: { toServer: withoutData("reset", (data) => data === null) } },
  "ws.step-answer": { broken: { toServer: instead("step", () => true, state) } },
  "ws.step-deadline": {
    broken: { toServer: instead("step", (data) => data.do === "wait", { type: "step", data: { do: "raise" } }) },
  },
  "ws.state-answer": { broken: { toServer: instead("state", () => true, { type: "reset" }) } },
  "ws.state-data": { broken: { toServer: withoutData("state", () => true) } },
  "ws.mcp-answer": { broken: { toClient: responseAsError } },
  "ws.mcp-invalid": { broken: { toClient: (text) => text.replace("-32600", "-32602") } },
  "ws.mcp-data": {
    broken: {
      toServer: (text) => {
        const message = parseJson(text);
        return isObject(message) && message.type === "mcp" && !isObject(message.data)
          ? '{"type":"mcp","data":{}}'
          : text;
      },
    },
  },
  "ws.server-schema": {
    broken: { toClient: onType("state", (data) => ({ ...data, step_count: String(data.step_count) })) },
  },
};

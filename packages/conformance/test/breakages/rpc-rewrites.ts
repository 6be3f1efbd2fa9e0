import { isObject, type JsonObject, parseJson } from "../../src/json.ts";
import type { Breakage } from "../peers/broken.ts";
import { onType } from "./rewrites.ts";

type Change = (message: JsonObject) => JsonObject;

function changed(text: string, change: Change): string {
  const message = parseJson(text);
  return isObject(message) ? JSON.stringify(change(message)) : text;
}

/** Rewrites the texts of JSON-RPC on a socket: `mcp` messages, and everything at `/mcp`. */
function onSocket(change: Change): (text: string, path: string) => string {
  const inMessage = onType("mcp", change);
  return (text, path) => (path.startsWith("/mcp") ? changed(text, change) : inMessage(text));
}

/** Rewrites every response of JSON-RPC. */
export function onResponses(change: Change): Breakage {
  return {
    answer: ({ body }, { path }) => (path === "/mcp" ? { body: changed(body, change) } : {}),
    toClient: onSocket(change),
  };
}

/** Rewrites every request of JSON-RPC. */
export function onRequests(change: Change): Breakage {
  return {
    request: ({ body, path }) => (path === "/mcp" ? { body: changed(body, change) } : {}),
    toServer: onSocket(change),
  };
}

/** Rewrites results. */
export function onResults(change: Change): Breakage {
  return onResponses((response) =>
    isObject(response.result) ? { ...response, result: change(response.result) } : response,
  );
}

/** Rewrites errors. */
export function onErrors(change: Change): Breakage {
  return onResponses((response) =>
    isObject(response.error) ? { ...response, error: change(response.error) } : response,
  );
}

/** Another code in place of one. */
export function recoded(from: number, to: number): Breakage {
  return onErrors((error) => (error.code === from ? { ...error, code: to } : error));
}

/** Rewrites the parameters of requests of one method. */
export function onParams(method: string, change: Change): Breakage {
  return onRequests((request) =>
    request.method === method
      ? { ...request, params: change(isObject(request.params) ? request.params : {}) }
      : request,
  );
}

/** Whether a message of a socket is a request of that method. */
export function asksFor(method: string, { type, data }: JsonObject): boolean {
  return type === "mcp" && isObject(data) && data.method === method;
}

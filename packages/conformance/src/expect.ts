import { isObject, type Json, type JsonObject, show } from "./json.ts";
import { violated } from "./verdict.ts";

/** The `data` of an error message with this code; the wording is not specified and not looked at. */
export function expectErrorCode(reply: JsonObject, code: string): JsonObject {
  if (reply.type !== "error" || !isObject(reply.data) || reply.data.code !== code)
    violated(`expected an error with code ${code}, got ${show(reply)}`);
  return reply.data;
}

/** A value that must be an object; `what` names it in the finding. */
export function expectObject(what: string, value: Json | undefined): JsonObject {
  if (!isObject(value)) violated(`${what}: expected an object, got ${show(value)}`);
  return value;
}

/** Holds it against the peer if `condition` is false. `message` is a sentence: what was expected, and what came instead. */
export function expectThat(condition: boolean, message: string): asserts condition {
  if (!condition) violated(message);
}

/** The `error` of a JSON-RPC response with this code. */
export function expectRpcError(response: JsonObject, code: number): JsonObject {
  const { error } = response;
  if (!isObject(error) || error.code !== code)
    violated(`expected a JSON-RPC error with code ${code}, got ${show(response)}`);
  return error;
}

/** The `result` of a JSON-RPC response. */
export function expectRpcResult(response: JsonObject): JsonObject {
  const { result } = response;
  if (!isObject(result)) violated(`expected a JSON-RPC result, got ${show(response)}`);
  return result;
}

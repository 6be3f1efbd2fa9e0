import { errorCodeFromStatus, isErrorCode, isJsonObject, ProtocolError, routes, TransportError } from "@openenv/schema";
import type { HttpAnswer } from "./http.ts";

/**
 * The JSON of an answer. A server that is shutting down says so with 503 and a body, which is an answer like any other.
 *
 * @throws {ProtocolError} for an error of the server. @throws {TransportError} `invalid-reply` for any other answer.
 */
export function readAnswer(path: string, { status, text }: HttpAnswer): unknown {
  const value = parse(path, status, text);
  if (status === 200 || (path === routes.health && isJsonObject(value) && "status" in value)) return value;
  const { detail, code } = isJsonObject(value) ? value : {};
  const message = `${path} answered ${status}${typeof detail === "string" ? `: ${detail}` : ""}`;
  const named = isErrorCode(code) ? code : codeOf(status);
  if (named === undefined) throw new TransportError("invalid-reply", message);
  const errors = Array.isArray(detail) ? { errors: detail } : {};
  throw new ProtocolError(named, message, { details: { status, ...errors } });
}

/** Without a session in the request, 403 and 404 speak of the route: then there is no such server at the address. */
function codeOf(status: number): ReturnType<typeof errorCodeFromStatus> {
  return status === 403 || status === 404 ? undefined : errorCodeFromStatus(status);
}

function parse(path: string, status: number, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new TransportError("invalid-reply", `${path} answered ${status} with a body that is not JSON`, { cause });
  }
}

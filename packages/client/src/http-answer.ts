import { errorCodeFromStatus, isErrorCode, isJsonObject, ProtocolError, TransportError } from "@openenv/schema";

/** The JSON of an answer. A server that is shutting down says so with 503 and a body, which is an answer like any other. */
export function readAnswer(path: string, status: number, text: string): unknown {
  const value = parse(path, status, text);
  if (status === 200 || (isJsonObject(value) && "status" in value)) return value;
  const { detail, code } = isJsonObject(value) ? value : {};
  const named = isErrorCode(code) ? code : errorCodeFromStatus(status);
  const message = typeof detail === "string" ? detail : `${path} answered ${status}`;
  if (named === undefined) throw new TransportError("invalid-reply", message);
  throw new ProtocolError(named, message, { details: { status, detail } });
}

function parse(path: string, status: number, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new TransportError("invalid-reply", `${path} answered ${status} with a body that is not JSON`, { cause });
  }
}

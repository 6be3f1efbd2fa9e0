import { ProtocolError, toErrorMessage } from "./error.ts";
import type { ClientMessage, ServerMessage } from "./message.ts";

/** One frame of a client message. @throws {TypeError} if it holds what JSON cannot: a BigInt, a cycle. */
export function encodeClientMessage(message: ClientMessage): string {
  return JSON.stringify(message);
}

/** One frame of a server message. What JSON cannot hold becomes an `EXECUTION_ERROR` of the environment; never throws. */
export function encodeServerMessage(message: ServerMessage): string {
  try {
    return JSON.stringify(message);
  } catch (reason) {
    return JSON.stringify(toErrorMessage(notSerializable(reason)));
  }
}

/** The error for a result that JSON cannot hold: a BigInt, a cycle, nesting beyond the stack. */
export function notSerializable(reason: unknown): ProtocolError {
  return new ProtocolError("EXECUTION_ERROR", "The environment returned what JSON cannot hold", { cause: reason });
}

import { ProtocolError } from "./error.ts";
import type { ClientMessage, ServerMessage } from "./message.ts";

/** One frame of a client message. @throws {TypeError} if it holds what JSON cannot: a BigInt, a cycle, half a surrogate pair. */
export function encodeClientMessage(message: ClientMessage): string {
  const text = JSON.stringify(message);
  // JSON.stringify escapes nothing of this kind but lone surrogates, which not every language can hold.
  if (text.includes("\\ud") && /\\ud[89a-f]/.test(text.replaceAll("\\\\", ""))) {
    throw new TypeError("a string holds half a surrogate pair; see String.prototype.toWellFormed");
  }
  return text;
}

/** One frame of a server message. @throws {ProtocolError} as `encodeOwn`. */
export function encodeServerMessage(message: ServerMessage): string {
  return encodeOwn(message, message.type === "observation" && message.data.reward === null);
}

/**
 * The text of what an environment made. `nullReward` says that it has one null which is known to be meant.
 *
 * @throws {ProtocolError} `EXECUTION_ERROR` if it holds what JSON cannot: a BigInt, a cycle, nesting beyond the stack, NaN, an infinity.
 */
export function encodeOwn(value: unknown, nullReward = false): string {
  let text: string;
  try {
    text = JSON.stringify(value) ?? "null";
  } catch (reason) {
    throw notJson(reason);
  }
  // JSON.stringify writes NaN as null. Most texts have no null to ask about, so most values are never walked through.
  const first = text.indexOf("null");
  const suspect = first !== -1 && !(nullReward && text.indexOf("null", first + 4) === -1);
  if (suspect && holdsNonFinite(value)) throw notJson(new RangeError("a number is NaN or infinite"));
  return text;
}

function holdsNonFinite(value: unknown): boolean {
  if (typeof value === "number") return !Number.isFinite(value);
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).some(holdsNonFinite);
}

function notJson(reason: unknown): ProtocolError {
  return new ProtocolError("EXECUTION_ERROR", "The environment returned what JSON cannot hold", { cause: reason });
}

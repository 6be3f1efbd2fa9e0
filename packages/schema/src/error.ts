import Type, { type Static } from "typebox";

/** Every code that may cross the wire, with the HTTP status that carries it. The table in spec/errors.md is checked against this one. */
export const errorCodes = {
  INVALID_JSON: { status: 422, meaning: "The frame or body is not JSON text." },
  UNKNOWN_TYPE: { status: 400, meaning: "No message has that `type`." },
  VALIDATION_ERROR: { status: 422, meaning: "The message, its options or its action do not match their schema." },
  EXECUTION_ERROR: { status: 500, meaning: "The environment threw, or returned what it must not." },
  CAPACITY_REACHED: { status: 503, meaning: "Every session slot is taken." },
  FACTORY_ERROR: { status: 500, meaning: "The environment could not be created." },
  SESSION_ERROR: { status: 404, meaning: "No such session, or not one for this caller." },
  MODE_ERROR: { status: 403, meaning: "The server's mode does not allow this." },
} as const satisfies Record<string, { status: number; meaning: string }>;

export type ErrorCode = keyof typeof errorCodes;

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === "string" && Object.hasOwn(errorCodes, value);
}

/** The code that an HTTP status stands for where the body names none. Statuses outside the table give `undefined`. */
export function errorCodeFromStatus(status: number): ErrorCode | undefined {
  if (status === errorCodes.VALIDATION_ERROR.status) return "VALIDATION_ERROR"; // shared with INVALID_JSON
  for (const [code, { status: candidate }] of Object.entries(errorCodes)) {
    if (candidate === status && isErrorCode(code)) return code;
  }
  return undefined;
}

/** One finding of a failed check: where (`loc`, from the outside in), what was expected (`msg`), and the rule (`type`). */
export const Finding = Type.Object({
  type: Type.String(),
  loc: Type.Array(Type.Union([Type.String(), Type.Integer()])),
  msg: Type.String(),
});
export type Finding = Static<typeof Finding>;

/** Something went wrong with a message or a session. Server to client. */
export const ErrorMessage = Type.Object(
  {
    type: Type.Literal("error"),
    data: Type.Object({
      message: Type.String(),
      code: Type.String(),
      errors: Type.Optional(Type.Array(Type.Unknown())),
    }),
  },
  { additionalProperties: false },
);
export type ErrorMessage = Static<typeof ErrorMessage>;

/** Body of an HTTP error. `detail` is a sentence, or the findings of a failed check. */
export const HttpError = Type.Object({
  detail: Type.Union([Type.String(), Type.Array(Finding)]),
  code: Type.Optional(Type.String()),
});
export type HttpError = Static<typeof HttpError>;

/** An error that crosses the wire: it has a code from the closed table and, for some codes, details. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
  readonly code: ErrorCode;
  /** Keys sent beside `message` and `code`: `errors`, `active_sessions`, `factory_name`. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: { details?: Record<string, unknown>; cause?: unknown } = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.details = options.details ?? {};
  }
}

/** Why an exchange failed before any reply could be read. */
export type TransportReason = "connect" | "closed" | "timeout" | "aborted" | "too-large" | "invalid-reply";

/** An error of the connection itself: it never crosses the wire. */
export class TransportError extends Error {
  override readonly name = "TransportError";
  readonly reason: TransportReason;

  constructor(reason: TransportReason, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.reason = reason;
  }
}

/** The text of anything thrown, for people: never a stack trace. */
export function messageOf(reason: unknown): string {
  try {
    return reason instanceof Error ? String(reason.message || reason.name) : String(reason);
  } catch {
    return "unprintable error"; // what was thrown may throw again when it is looked at
  }
}

/** Narrows anything caught to an error fit to send. Total: it never throws. */
export function toProtocolError(reason: unknown): ProtocolError {
  if (isProtocolError(reason)) return reason;
  return new ProtocolError("EXECUTION_ERROR", messageOf(reason), { cause: reason });
}

function isProtocolError(reason: unknown): reason is ProtocolError {
  try {
    return reason instanceof ProtocolError;
  } catch {
    return false; // a proxy that does not want to be looked at
  }
}

/** The error message of a protocol error. Its cause stays here: it is for the log. */
export function toErrorMessage(error: ProtocolError): ErrorMessage {
  return { type: "error", data: { ...error.details, message: error.message, code: error.code } };
}

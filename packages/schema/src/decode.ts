import { CloseMessage } from "./close.ts";
import { EpisodeRecord } from "./episode-record.ts";
import { ErrorMessage, messageOf, ProtocolError, TransportError } from "./error.ts";
import { Health, Metadata, SchemaDocument } from "./information.ts";
import { isJsonObject, type JsonObject } from "./json.ts";
import { JsonRpcRequest, McpMessage, McpReply } from "./mcp.ts";
import type { ClientMessage, ServerMessage } from "./message.ts";
import { ResetMessage, ResetRequest } from "./reset.ts";
import { StateMessage, StateReply } from "./state.ts";
import { ObservationMessage, StepMessage, StepRequest } from "./step.ts";
import { compileValidator, type Validator, validationError } from "./validator.ts";

const client = {
  reset: compileValidator<ResetMessage>(ResetMessage),
  step: compileValidator<StepMessage>(StepMessage),
  state: compileValidator<StateMessage>(StateMessage),
  close: compileValidator<CloseMessage>(CloseMessage),
  mcp: compileValidator<McpMessage>(McpMessage),
};

/** Open for keys that newer servers may send: what a client does not know it need not refuse. */
const open = { additionalProperties: true };
const server = {
  observation: compileValidator<ObservationMessage>({ ...ObservationMessage, ...open }),
  state: compileValidator<StateReply>({ ...StateReply, ...open }),
  mcp: compileValidator<McpReply>({ ...McpReply, ...open }),
  error: compileValidator<ErrorMessage>({ ...ErrorMessage, ...open }),
};

/** Parses JSON text. @throws {ProtocolError} `INVALID_JSON`. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (reason) {
    throw new ProtocolError("INVALID_JSON", `Invalid JSON: ${messageOf(reason)}`);
  }
}

/**
 * Turns one frame into a message: the only door from `unknown` into a server. The schema is chosen by `type` first,
 * so that findings speak of one message.
 *
 * @throws {ProtocolError} `INVALID_JSON`, `UNKNOWN_TYPE` or `VALIDATION_ERROR`.
 * @see spec/websocket.md
 */
export function decodeClientMessage(frame: string): ClientMessage {
  const value = parseJson(frame);
  if (!isJsonObject(value)) throw notAnObject(value);
  switch (value.type) {
    case "step":
      return checked(client.step, value, "step message");
    case "reset":
      return checked(client.reset, value, "reset message");
    case "state":
      return checked(client.state, value, "state message");
    case "close":
      return checked(client.close, value, "close message");
    case "mcp":
      return checked(client.mcp, value, "mcp message");
    default:
      throw new ProtocolError("UNKNOWN_TYPE", `Unknown message type: ${describeType(value.type)}`);
  }
}

/**
 * Turns one frame into a message: the only door from `unknown` into a client. Tolerates what older servers send:
 * a boolean reward, and `reward` or `done` left out.
 *
 * @throws {TransportError} `invalid-reply` if the frame is no server message.
 */
export function decodeServerMessage(frame: string): ServerMessage {
  let value: unknown;
  try {
    value = JSON.parse(frame);
  } catch (reason) {
    throw new TransportError("invalid-reply", "the server sent a frame that is not JSON", { cause: reason });
  }
  const type = isJsonObject(value) ? value.type : undefined;
  switch (type) {
    case "observation":
      if (server.observation.check(value)) return value;
      return reply(server.observation, completeOutcome(value), type);
    case "state":
      return reply(server.state, value, type);
    case "mcp":
      return reply(server.mcp, value, type);
    case "error":
      return reply(server.error, value, type);
    default:
      throw new TransportError("invalid-reply", `the server sent a message of unknown type ${describeType(type)}`);
  }
}

const bodies = {
  reset: compileValidator<ResetRequest>(ResetRequest),
  step: compileValidator<StepRequest>(StepRequest),
};

/** The body of `POST /reset`. @throws {ProtocolError} `VALIDATION_ERROR`. */
export function decodeResetRequest(value: unknown): ResetRequest {
  return checked(bodies.reset, value, "request", ["body"]);
}

/** The body of `POST /step`. @throws {ProtocolError} `VALIDATION_ERROR`. */
export function decodeStepRequest(value: unknown): StepRequest {
  return checked(bodies.step, value, "request", ["body"]);
}

const jsonRpcRequest = compileValidator<JsonRpcRequest>(JsonRpcRequest);

/** A request of the plain JSON-RPC dialect, or `undefined` for anything else. */
export function decodeJsonRpcRequest(value: unknown): JsonRpcRequest | undefined {
  return jsonRpcRequest.check(value) ? value : undefined;
}

const answers = {
  health: compileValidator<Health>(Health),
  metadata: compileValidator<Metadata>(Metadata),
  schema: compileValidator<SchemaDocument>(SchemaDocument),
  record: compileValidator<EpisodeRecord>(EpisodeRecord),
};

/** The answer of `GET /health`. @throws {TransportError} `invalid-reply`. */
export function decodeHealth(value: unknown): Health {
  return reply(answers.health, value, "/health");
}

/** The answer of `GET /metadata`. @throws {TransportError} `invalid-reply`. */
export function decodeMetadata(value: unknown): Metadata {
  return reply(answers.metadata, value, "/metadata");
}

/** The answer of `GET /schema`. @throws {TransportError} `invalid-reply`. */
export function decodeSchemaDocument(value: unknown): SchemaDocument {
  return reply(answers.schema, value, "/schema");
}

/** A stored episode. @throws {ProtocolError} `VALIDATION_ERROR`. */
export function decodeEpisodeRecord(value: unknown): EpisodeRecord {
  return checked(answers.record, value, "episode record");
}

function checked<T>(validator: Validator<T>, value: unknown, subject: string, at: readonly string[] = []): T {
  if (validator.check(value)) return value;
  throw validationError(subject, validator.findings(value, at));
}

function reply<T>(validator: Validator<T>, value: unknown, subject: string): T {
  if (validator.check(value)) return value;
  const [finding] = validator.findings(value);
  const text = finding === undefined ? "does not match its schema" : `${finding.loc.join(".")} ${finding.msg}`;
  throw new TransportError("invalid-reply", `the server's ${subject} reply is invalid: ${text}`);
}

function completeOutcome(message: unknown): unknown {
  if (!isJsonObject(message) || !isJsonObject(message.data)) return message;
  const { reward = null, done = false } = message.data;
  const data: JsonObject = { ...message.data, reward: typeof reward === "boolean" ? Number(reward) : reward, done };
  return { ...message, data };
}

function notAnObject(value: unknown): ProtocolError {
  const kind = value === null ? "null" : Array.isArray(value) ? "an array" : `a ${typeof value}`;
  return validationError("message", [{ type: "type", loc: [], msg: `must be an object, got ${kind}` }]);
}

/** A type as it can be told in a message: short, and empty where there is none, as upstream tells it. */
function describeType(type: unknown): string {
  if (type === undefined || type === null) return "";
  return typeof type === "string" ? type.slice(0, 100) : typeof type;
}

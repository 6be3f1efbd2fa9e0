import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { isObject, type JsonObject } from "../json.ts";

/**
 * The line protocol between the suite and a client under test. The client is driven by a program: it reads one command per line
 * from its standard input, and writes one result per line to its standard output. Logs belong on standard error.
 *
 * Every result holds the `id` of its command. A program may carry out one command after the other, or several at a time. When its
 * standard input ends, it ends.
 */
export type Command = Connect | Reset | Step | Ask | CallTool | Inspect | Close;
export type CommandName = Command["command"];

/** What every command may hold. `id` is given by the suite. */
interface Limits extends JsonObject {
  /** Longest that the client may wait for the reply, in seconds; after it the result is an error of kind `timeout`. */
  readonly timeout_s?: number;
}

/** Opens a connection to a server. One that is open already is closed first. */
export interface Connect extends Limits {
  readonly command: "connect";
  /** `http://host:port`, with or without a path and a query. */
  readonly url: string;
  /** The session to attach to; without it the connection has one of its own. */
  readonly session_id?: string;
  /** To be sent as `Authorization: Bearer`. */
  readonly bearer?: string;
  /** How often the client pings the server, in seconds. */
  readonly ping_interval_s?: number;
}

/** Starts an episode. `options` are the `data` of the reset. */
export interface Reset extends Limits {
  readonly command: "reset";
  readonly options: JsonObject;
}

export interface Step extends Limits {
  readonly command: "step";
  readonly action: JsonObject;
}

/** Asks for the state, or for the tools. */
export interface Ask extends Limits {
  readonly command: "state" | "list_tools";
}

export interface CallTool extends Limits {
  readonly command: "call_tool";
  readonly name: string;
  readonly arguments: JsonObject;
}

/** Asks a server for its metadata, its schemas and its tools, or for those of them that the client can ask for, without a session. */
export interface Inspect extends Limits {
  readonly command: "inspect";
  readonly url: string;
  readonly bearer?: string;
}

/** Closes the connection. Where none is open there is nothing to do, and that is no error. */
export interface Close extends Limits {
  readonly command: "close";
}

/**
 * Why a command failed.
 * - `protocol`: the server answered with an error; `code` is its error code, where the client tells it.
 * - `transport`: the server could not be reached, went away, or sent what is no reply.
 * - `timeout`: the time was up.
 * - `usage`: the client refused the command; nothing was sent.
 * - `unsupported`: the client has no such feature. What needs it is not applicable.
 */
export type FailureKind = "protocol" | "transport" | "timeout" | "usage" | "unsupported";

export interface Failure extends JsonObject {
  readonly kind: FailureKind;
  readonly code?: string;
  readonly message: string;
}

/** What came of a command. The shape of a `result` is that of `resultSchemas`. */
export type Result = Succeeded | Failed;

export interface Succeeded {
  readonly id: number;
  readonly ok: true;
  readonly result: JsonObject;
}

export interface Failed {
  readonly id: number;
  readonly ok: false;
  readonly error: Failure;
}

const object = { type: "object" };
const text = { type: "string" };
const shape = (properties: JsonObject, required: readonly string[] = []): JsonObject => ({
  type: "object",
  properties,
  required,
});

/** What a client gives its caller. Where booleans are numbers in its language, a reward is written as a number. */
const outcome = {
  reward: { type: ["number", "null"] },
  done: { type: "boolean" },
  metadata: object,
};

function commandShape(name: CommandName, properties: JsonObject, required: readonly string[] = []): JsonObject {
  const all = { id: { type: "integer" }, command: { const: name }, timeout_s: { type: "number" }, ...properties };
  return { ...shape(all, ["id", "command", ...required]), additionalProperties: false };
}

/** A line of each command, as JSON Schemas of draft 2020-12. */
export const commandSchemas: Readonly<Record<CommandName, JsonObject>> = {
  connect: commandShape("connect", { url: text, session_id: text, bearer: text, ping_interval_s: { type: "number" } }, [
    "url",
  ]),
  reset: commandShape("reset", { options: object }, ["options"]),
  step: commandShape("step", { action: object }, ["action"]),
  state: commandShape("state", {}),
  list_tools: commandShape("list_tools", {}),
  call_tool: commandShape("call_tool", { name: text, arguments: object }, ["name", "arguments"]),
  inspect: commandShape("inspect", { url: text, bearer: text }, ["url"]),
  close: commandShape("close", {}),
};

/** The `result` of each command where it is `ok`. Further keys are ignored. */
export const resultSchemas: Readonly<Record<CommandName, JsonObject>> = {
  // `concurrent` tells that the program takes further commands while it carries one out.
  connect: shape({ concurrent: { type: "boolean" } }),
  reset: shape({ ...outcome, observation: object }, ["observation", "reward", "done"]),
  step: shape({ ...outcome, observation: object }, ["observation", "reward", "done"]),
  state: shape({ state: object }, ["state"]),
  list_tools: shape({ tools: { type: "array", items: shape({ name: text }, ["name"]) } }, ["tools"]),
  // A tool that failed is a result, also where the client throws.
  call_tool: shape(
    { data: {}, error: { anyOf: [{ type: "null" }, shape({ type: text, message: text }, ["type", "message"])] } },
    ["error"],
  ),
  inspect: shape({ metadata: object, schema: object, tools: { type: "array", items: object } }),
  close: shape({}),
};

const failure = shape(
  { kind: { enum: ["protocol", "transport", "timeout", "usage", "unsupported"] }, code: text, message: text },
  ["kind", "message"],
);

const ajv = new Ajv2020({ strict: false, allowUnionTypes: true });
const failed = ajv.compile<Failed>(
  shape({ id: { type: "integer" }, ok: { const: false }, error: failure }, ["id", "ok", "error"]),
);
const succeeded = new Map<string, ValidateFunction<Succeeded>>();
for (const [name, result] of Object.entries(resultSchemas)) {
  const line = shape({ id: { type: "integer" }, ok: { const: true }, result }, ["id", "ok", "result"]);
  succeeded.set(name, ajv.compile<Succeeded>(line));
}

/** The result of a command; or, as a text, why the value is none. */
export function readResult(command: CommandName, value: unknown): Result | string {
  if (failed(value)) return value;
  const validate = succeeded.get(command);
  if (validate?.(value)) return value;
  const { errors } = isObject(value) && value.ok === false ? failed : (validate ?? failed);
  const [first] = errors ?? [];
  return `${first?.instancePath || "the line"} ${first?.message}`;
}

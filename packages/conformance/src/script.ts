import { Ajv2020 } from "ajv/dist/2020.js";
import { parse } from "yaml";
import { isObject, type Json, type JsonObject } from "./json.ts";

/** A call of a tool. */
export interface ToolCall extends JsonObject {
  readonly name: string;
  readonly arguments: JsonObject;
}

/**
 * What a run knows about the environment beyond its schema: the file of `--actions`. Every entry makes checks applicable that no
 * suite could guess its way to, or replaces generated actions.
 */
export interface Script {
  /** Options that every reset needs. */
  reset?: JsonObject;
  /** Options of a reset on which the environment throws. */
  resetRaises?: JsonObject;
  /** Whether the environment knows options of every name. */
  anyOption?: boolean;
  /** Actions that the environment carries out, in this order and again from the start. None of them ends an episode. */
  valid?: readonly JsonObject[];
  /** An action that does not match the action schema. */
  invalid?: JsonObject;
  /** An action on which the environment throws. */
  raises?: JsonObject;
  /** A part of the text of what it throws then. */
  raisesText?: string;
  /** An action that takes half a second or more. */
  slow?: JsonObject;
  /** An action that ends the episode. */
  finishes?: JsonObject;
  /** An action after which the reward would be NaN or infinite. */
  nonFinite?: JsonObject;
  /** An action after which the observation would not match its schema. */
  mismatch?: JsonObject;
  /** An action after which the observation would hold what JSON cannot. */
  unserializable?: JsonObject;
  /** An action whose outcome has metadata. */
  metadata?: JsonObject;
  /** An option of reset that the environment declares, with a value that does not match. */
  invalidOption?: JsonObject;
  /** A call that succeeds. */
  call?: ToolCall;
  /** A call of a tool that throws. */
  callRaises?: ToolCall;
  /** A part of the text of what it throws then. */
  callRaisesText?: string;
  /** A call that takes half a second or more. */
  callSlow?: ToolCall;
  /**
   * A call that takes a fifth of a second or more, also if it is asked to stop, and returns a number: one more than the call of the
   * same kind before it in the episode, unless the two ran at the same time.
   */
  callCounts?: ToolCall;
  /** A call that does not end unless it is asked to stop. */
  callEndless?: ToolCall;
  /** After how many seconds the server ends a tool call, where its operator set another deadline than 30. */
  toolDeadlineSeconds?: number;
  /** The operator's limit on the silence of a session, in seconds. Checks wait until it has passed. */
  idleTimeoutSeconds?: number;
  /** How long a session with a socket is kept silent where the operator set no limit, in seconds. Default 1000, above 15 minutes. */
  silenceSeconds?: number;
  /** The operator's limit on the size of a message and of a request body, in bytes, where it is another than 16 MiB. */
  messageLimitBytes?: number;
  /** A call whose arguments do not match the tool's schema. */
  callInvalid?: ToolCall;
  /** A part of the text of what the environment throws when it cannot be created. */
  factoryText?: string;
  /**
   * In production mode: a call, and the data of the result that it has as the first call of a session, because the server reset the
   * session with its operator's options. Best is a call that tells other data each time.
   */
  serverReset?: ToolCall & { readonly data: Json };
  /** In production mode: whether the reset by the server fails, with the options that the operator gave. */
  serverResetFails?: boolean;
  /** Whether the server listens on a loopback address only, which its address does not tell. */
  loopback?: boolean;
}

const object = { type: "object" };
const seconds = { type: "number", exclusiveMinimum: 0 };
const call = {
  type: "object",
  required: ["name", "arguments"],
  properties: { name: { type: "string" }, arguments: object },
  additionalProperties: false,
};

/** The JSON Schema of the file of `--actions`. */
export const scriptSchema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "Actions of a conformance run",
  type: "object",
  properties: {
    reset: object,
    resetRaises: object,
    anyOption: { type: "boolean" },
    valid: { type: "array", items: object, minItems: 1 },
    invalid: object,
    raises: object,
    raisesText: { type: "string" },
    slow: object,
    finishes: object,
    nonFinite: object,
    mismatch: object,
    unserializable: object,
    metadata: object,
    invalidOption: object,
    call,
    callRaises: call,
    callRaisesText: { type: "string" },
    callSlow: call,
    callCounts: call,
    callEndless: call,
    toolDeadlineSeconds: seconds,
    idleTimeoutSeconds: seconds,
    silenceSeconds: seconds,
    messageLimitBytes: { type: "integer", minimum: 1 },
    callInvalid: call,
    factoryText: { type: "string" },
    serverReset: { ...call, required: [...call.required, "data"], properties: { ...call.properties, data: {} } },
    serverResetFails: { type: "boolean" },
    loopback: { type: "boolean" },
  },
  additionalProperties: false,
};

const validate = new Ajv2020({ allErrors: true }).compile<Script>(scriptSchema);

/** Reads the text of an actions file, YAML or JSON. Throws an `Error` that names the entry at fault. */
export function parseScript(text: string): Script {
  const value: unknown = parse(text);
  if (!isObject(value)) throw new Error("the actions file must hold an object of named actions");
  if (validate(value)) return value;
  const [first] = validate.errors ?? [];
  const extra = first?.params.additionalProperty;
  throw new Error(
    extra === undefined
      ? `the actions file: ${first?.instancePath.slice(1)} ${first?.message}`
      : `the actions file has no entry ${extra}; it has ${Object.keys(scriptSchema.properties).join(", ")}`,
  );
}

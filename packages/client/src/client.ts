import {
  type CallToolObservation,
  compileValidator,
  type EnvironmentContract,
  isJsonObject,
  type JsonObject,
  type ListedTool,
  type LocalServer,
  type State,
  TransportError,
  type Validator,
  type WireOutcome,
} from "@openenv/schema";
import type { Static, TSchema } from "typebox";
import { type Connection, openConnection, type Reply, type RequestOptions } from "./connection.ts";
import { type Inspector, inspect } from "./inspect.ts";
import { localCarrier } from "./local.ts";
import { type ClientOptions, resolveOptions } from "./options.ts";
import { socketCarrier } from "./socket.ts";
import { parseTarget } from "./target.ts";

/** What came of a reset or a step. */
export interface Outcome<O = JsonObject> {
  observation: O;
  /** Null where no reward was given: null is not zero. */
  reward: number | null;
  done: boolean;
  metadata: JsonObject;
}

/** Options of a reset; keys beyond the two standard ones belong to the environment. */
export interface ResetOptions {
  seed?: number;
  episodeId?: string;
  [option: string]: unknown;
}

/** What a tool call came to. A tool's failure is told in `error`, it is not thrown. */
export interface ToolOutcome {
  toolName: string;
  /** The tool's value; null if it failed. */
  data: unknown;
  /** MCP content blocks. */
  content: readonly JsonObject[];
  error: { type: string; message: string } | null;
  reward: number | null;
  done: boolean;
  metadata: JsonObject;
}

/** One session of an environment. Requests are answered in the order they are made. After a TransportError it is closed. */
export interface Client<A = JsonObject, O = JsonObject> extends AsyncDisposable {
  /**
   * Starts an episode.
   *
   * @throws {ProtocolError} `VALIDATION_ERROR` for a bad option, `EXECUTION_ERROR` if the environment failed,
   *   `CAPACITY_REACHED` or `FACTORY_ERROR` if the server had no session to give, `SESSION_ERROR` if the session has
   *   ended, `MODE_ERROR` from a server in production mode.
   * @throws {TransportError} `timeout`, `closed`, `aborted`, `too-large` or `invalid-reply`; the connection is then closed.
   * @throws {RangeError} if `timeoutMs` is not above zero, or if the seed is NaN or infinite.
   */
  reset(options?: ResetOptions, request?: RequestOptions): Promise<Outcome<O>>;
  /**
   * Applies one action to the running episode; the first one starts an episode if none was started.
   *
   * @throws {ProtocolError} `VALIDATION_ERROR` if the action does not match the environment's schema; else as `reset`.
   * @throws {TypeError} if the action is no object, or over a socket if it holds what JSON cannot.
   * @see spec/websocket.md, requirement `ws.reply-order`
   */
  step(action: A, request?: RequestOptions): Promise<Outcome<O>>;
  /** Tells where the episode stands. Throws as `reset` does. */
  state(request?: RequestOptions): Promise<State>;
  /** The environment's tools. @throws {ProtocolError} `VALIDATION_ERROR` if it has none; else as `reset`. */
  listTools(request?: RequestOptions): Promise<ListedTool[]>;
  /** Calls a tool; that is a step of the episode. A failure of the tool is told in the outcome. Throws as `reset` does. */
  callTool(name: string, input?: JsonObject, request?: RequestOptions): Promise<ToolOutcome>;
  /** What the server tells of itself, over HTTP. */
  readonly server: Pick<Inspector, "health" | "metadata" | "schema">;
  /** Ends the session. Never rejects; what is still waiting for a reply is rejected with `closed`. */
  close(): Promise<void>;
}

export interface ConnectOptions<A extends TSchema, O extends TSchema> extends ClientOptions {
  /** Types the client, and checks every observation against the environment's schema. */
  environment?: EnvironmentContract<A, O>;
}

/** The actions of a typed client; an untyped one takes any object. */
type ActionOf<A extends TSchema> = TSchema extends A ? JsonObject : Static<A>;
type ObservationOf<O extends TSchema> = TSchema extends O ? JsonObject : Static<O>;

/**
 * Opens a session: over a WebSocket for an address, without any frames for a server in this process. There, waiting has
 * no limit unless one is given.
 *
 * @throws {TypeError} if the address is malformed, or if `sessionId` is given for a server in this process.
 * @throws {RangeError} if an option is out of range.
 * @throws {TransportError} `connect`, `timeout` or `aborted`.
 * @throws {ProtocolError} from a server in this process, `CAPACITY_REACHED` or `FACTORY_ERROR`. Over a WebSocket the
 *   first request throws them: nothing tells a client that its session is ready.
 */
export async function connect<A extends TSchema = TSchema, O extends TSchema = TSchema>(
  where: string | URL | LocalServer,
  options: ConnectOptions<A, O> = {},
): Promise<Client<ActionOf<A>, ObservationOf<O>>> {
  const { environment, ...rest } = options;
  if (typeof where === "string" || where instanceof URL) {
    const resolved = resolveOptions(rest);
    const target = parseTarget(where, resolved.sessionId);
    const connection = await openConnection(socketCarrier(target, resolved), resolved);
    return openClient(connection, inspect(where, rest), environment);
  }
  if (rest.sessionId !== undefined) throw new TypeError("sessionId is for a server at an address");
  const resolved = resolveOptions({ connectTimeoutMs: Infinity, replyTimeoutMs: Infinity, ...rest });
  const local = {
    health: async () => where.health(),
    metadata: async () => where.metadata(),
    schema: async () => where.schema(),
    close: () => Promise.resolve(),
  };
  return openClient(await openConnection(localCarrier(where), resolved), local, environment);
}

function openClient<A, O>(
  connection: Connection,
  server: Pick<Inspector, "health" | "metadata" | "schema" | "close">,
  environment: EnvironmentContract = {},
): Client<A, O> {
  const { observation = {}, resetObservation } = environment;
  const readStep = outcomeReader(compileValidator<O>(observation));
  const readReset = resetObservation === undefined ? readStep : outcomeReader(compileValidator<O>(resetObservation));

  const close = async (): Promise<void> => {
    await Promise.all([connection.close(), server.close()]);
  };

  return {
    server,
    reset({ episodeId, ...options } = {}, request) {
      // JSON would send it as null: the seed would be lost without a word.
      if (typeof options.seed === "number" && !Number.isFinite(options.seed)) {
        return Promise.reject(new RangeError(`seed must be a finite number, got ${options.seed}`));
      }
      const data = episodeId === undefined ? options : { ...options, episode_id: episodeId };
      return connection.request({ type: "reset", data }, readReset, request);
    },
    step(action, request) {
      if (!isJsonObject(action)) return Promise.reject(new TypeError("an action must be an object"));
      return connection.request({ type: "step", data: action }, readStep, request);
    },
    state: (request) => connection.request({ type: "state" }, readState, request),
    listTools: (request) => connection.request({ type: "step", data: { type: "list_tools" } }, readTools, request),
    callTool(name, input = {}, request) {
      const data = { type: "call_tool", tool_name: name, arguments: input };
      return connection.request({ type: "step", data }, (reply) => readToolOutcome(name, reply), request);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** What a wire outcome is to a caller, once its observation is known to be what the environment promises. */
function outcomeReader<O>(observation: Validator<O>): (reply: Reply) => Outcome<O> {
  return (reply) => {
    const wire = wireOutcome(reply);
    const received: unknown = wire.observation;
    if (observation.check(received)) {
      return { observation: received, reward: wire.reward, done: wire.done, metadata: metadataOf(wire) };
    }
    const [finding] = observation.findings(received, ["observation"]);
    throw new TransportError("invalid-reply", `the server's ${finding?.loc.join(".")} ${finding?.msg}`);
  };
}

function wireOutcome(reply: Reply): WireOutcome {
  if (reply.type === "observation") return reply.data;
  throw unexpected(reply);
}

function readState(reply: Reply): State {
  if (reply.type === "state") return reply.data;
  throw unexpected(reply);
}

function unexpected(reply: Reply): TransportError {
  return new TransportError("invalid-reply", `the server answered with a message of type ${reply.type}`);
}

/** Beside the reward where the server is new enough, else inside the observation. */
function metadataOf({ metadata, observation }: WireOutcome): JsonObject {
  if (metadata !== undefined) return metadata;
  return isJsonObject(observation.metadata) ? observation.metadata : {};
}

const listedTools = compileValidator<ListedTool[]>({
  type: "array",
  items: { type: "object", required: ["name"], properties: { name: { type: "string" } } },
});

function readTools(reply: Reply): ListedTool[] {
  const { tools } = wireOutcome(reply).observation;
  if (listedTools.check(tools)) return tools;
  throw new TransportError("invalid-reply", "the server's list of tools is malformed");
}

const toolObservation = compileValidator<CallToolObservation>({
  type: "object",
  required: ["tool_name"],
  properties: {
    error: {
      anyOf: [
        { type: "null" },
        {
          type: "object",
          required: ["error_type", "message"],
          properties: { error_type: { type: "string" }, message: { type: "string" } },
        },
      ],
    },
  },
});

function readToolOutcome(toolName: string, reply: Reply): ToolOutcome {
  const wire = wireOutcome(reply);
  const { observation, reward, done } = wire;
  if (!toolObservation.check(observation)) {
    throw new TransportError("invalid-reply", "the server's answer to call_tool is no tool observation");
  }
  const { result, error } = observation;
  const { data = result, content } = isJsonObject(result) ? result : {};
  return {
    toolName,
    data: data ?? null,
    content: Array.isArray(content) ? content.filter(isJsonObject) : [],
    error: error == null ? null : { type: error.error_type, message: error.message },
    reward,
    done,
    metadata: metadataOf(wire),
  };
}

import {
  type CallToolObservation,
  compileValidator,
  type EnvironmentContract,
  isJsonObject,
  type JsonObject,
  type ListedTool,
  type LocalServer,
  type ServerMessage,
  type State,
  TransportError,
  type Validator,
  type WireOutcome,
} from "@openenv/schema";
import type { Static, TSchema } from "typebox";
import { type Connection, openConnection, type RequestOptions } from "./connection.ts";
import { type Inspector, inspect } from "./inspect.ts";
import { localConnection } from "./local.ts";
import { type ClientOptions, resolveOptions } from "./options.ts";
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

/** One session of an environment. Requests are answered in the order they are made. */
export interface Client<A = JsonObject, O = JsonObject> extends AsyncDisposable {
  /**
   * Starts an episode.
   *
   * @throws {ProtocolError} `VALIDATION_ERROR` for a bad option, `EXECUTION_ERROR` if the environment failed,
   *   `CAPACITY_REACHED` or `FACTORY_ERROR` if the server had no session to give.
   * @throws {TransportError} `timeout`, `closed`, `aborted`, `too-large` or `invalid-reply`; the connection is then closed.
   */
  reset(options?: ResetOptions, request?: RequestOptions): Promise<Outcome<O>>;
  /**
   * Applies one action to the running episode; the first one starts an episode if none was started.
   *
   * @throws {ProtocolError} `VALIDATION_ERROR` if the action does not match the environment's schema; else as `reset`.
   * @see spec/websocket.md, requirement `ws.reply-order`
   */
  step(action: A, request?: RequestOptions): Promise<Outcome<O>>;
  /** Tells where the episode stands. */
  state(request?: RequestOptions): Promise<State>;
  listTools(request?: RequestOptions): Promise<ListedTool[]>;
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
 * Opens a session: over a WebSocket for an address, without any frames for a server in this process.
 *
 * @throws {TypeError} if the address is malformed. @throws {RangeError} if an option is out of range.
 * @throws {TransportError} `connect`, `timeout` or `aborted`.
 */
export async function connect<A extends TSchema = TSchema, O extends TSchema = TSchema>(
  where: string | URL | LocalServer,
  options: ConnectOptions<A, O> = {},
): Promise<Client<ActionOf<A>, ObservationOf<O>>> {
  const { environment, ...rest } = options;
  const resolved = resolveOptions(rest);
  if (typeof where === "string" || where instanceof URL) {
    const connection = await openConnection(parseTarget(where, resolved.sessionId), resolved);
    return openClient(connection, inspect(where, rest), environment);
  }
  const local = {
    health: async () => where.health(),
    metadata: async () => where.metadata(),
    schema: async () => where.schema(),
  };
  return openClient(await localConnection(where), { ...local, close: () => Promise.resolve() }, environment);
}

function openClient<A, O>(
  connection: Connection,
  server: Pick<Inspector, "health" | "metadata" | "schema" | "close">,
  environment: EnvironmentContract | undefined,
): Client<A, O> {
  const observation = compileObservation<O>(environment?.observation);
  const resetObservation = compileObservation<O>(environment?.resetObservation ?? environment?.observation);

  async function step(action: unknown, request: RequestOptions | undefined): Promise<WireOutcome> {
    if (!isJsonObject(action)) throw new TypeError("an action must be an object");
    return outcomeOf(await connection.request({ type: "step", data: action }, request));
  }

  const close = async (): Promise<void> => {
    await Promise.all([connection.close(), server.close()]);
  };

  return {
    server,
    async reset(options = {}, request) {
      const { episodeId, ...others } = options;
      const data = episodeId === undefined ? others : { ...others, episode_id: episodeId };
      return toOutcome(outcomeOf(await connection.request({ type: "reset", data }, request)), resetObservation);
    },
    step: async (action, request) => toOutcome(await step(action, request), observation),
    async state(request) {
      const reply = await connection.request({ type: "state" }, request);
      if (reply.type !== "state") throw unexpected(reply);
      return reply.data;
    },
    async listTools(request) {
      const { tools } = (await step({ type: "list_tools" }, request)).observation;
      if (!listedTools.check(tools))
        throw new TransportError("invalid-reply", "the server's list of tools is malformed");
      return tools;
    },
    async callTool(name, input = {}, request) {
      const outcome = await step({ type: "call_tool", tool_name: name, arguments: input }, request);
      return toToolOutcome(name, outcome);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function compileObservation<O>(schema: TSchema | undefined): Validator<O> {
  return compileValidator<O>(schema ?? {});
}

const listedTools = compileValidator<ListedTool[]>({
  type: "array",
  items: { type: "object", required: ["name"], properties: { name: { type: "string" } } },
});

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

function outcomeOf(reply: ServerMessage): WireOutcome {
  if (reply.type === "observation") return reply.data;
  throw unexpected(reply);
}

function unexpected(reply: ServerMessage): TransportError {
  return new TransportError("invalid-reply", `the server answered with a message of type ${reply.type}`);
}

function toOutcome<O>(wire: WireOutcome, observation: Validator<O>): Outcome<O> {
  const received: unknown = wire.observation;
  if (!observation.check(received)) {
    const [finding] = observation.findings(received, ["observation"]);
    throw new TransportError("invalid-reply", `the server's ${finding?.loc.join(".")} ${finding?.msg}`);
  }
  return { observation: received, reward: wire.reward, done: wire.done, metadata: metadataOf(wire) };
}

/** Beside the reward where the server is new enough, else inside the observation. */
function metadataOf({ metadata, observation }: WireOutcome): JsonObject {
  if (metadata !== undefined) return metadata;
  return isJsonObject(observation.metadata) ? observation.metadata : {};
}

function toToolOutcome(toolName: string, wire: WireOutcome): ToolOutcome {
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

import {
  type Health,
  type JsonObject,
  type JsonRpcResponse,
  jsonRpcCodes,
  type LocalServer,
  type Metadata,
  messageOf,
  ProtocolError,
  type SchemaDocument,
} from "@openenv/schema";
import type { TObject, TSchema } from "typebox";
import { type Contract, compileContract, metadataOf } from "./contract.ts";
import { withDeadline } from "./deadline.ts";
import type { EnvironmentDefinition, Instance, ToolSet } from "./environment.ts";
import { openEpisode } from "./episode.ts";
import { answerPlain, JsonRpcFailure, type PlainDoor } from "./json-rpc.ts";
import { LiveSession } from "./live-context.ts";
import type { MaybePromise } from "./maybe-promise.ts";
import { type ResolvedOptions, resolveOptions, type ServerOptions } from "./options.ts";
import { openRandom } from "./random.ts";
import { openSession, type Session } from "./session.ts";
import { openSessionTable, type SessionTable } from "./session-table.ts";

/** Who sends a JSON-RPC request: a socket with a session of its own, or anybody, perhaps with a bearer. */
export interface Caller {
  own?: Pick<Session, "id" | "callTool">;
  bearer?: string | undefined;
}

/** An environment ready to serve, without any socket: doors (HTTP, WebSocket, in process) are opened onto it. */
export interface EnvironmentServer extends LocalServer, AsyncDisposable {
  readonly contract: Contract;
  readonly options: ResolvedOptions;
  readonly sessions: SessionTable;
  /** Answers a plain JSON-RPC request. */
  answerMcp(request: unknown, caller: Caller): MaybePromise<JsonRpcResponse>;
  /** Stops taking sessions, lets running steps end within the grace time, closes every session. Runs once. */
  close(): Promise<void>;
}

/**
 * Starts an environment.
 *
 * @throws whatever the environment's `start` throws, and RangeError for an option out of range.
 */
export async function createServer<
  A extends TSchema,
  O extends TSchema,
  R extends TObject,
  T extends ToolSet,
  S,
  RO extends TSchema,
>(
  environment: EnvironmentDefinition<A, O, R, T, S, RO>,
  serverOptions: ServerOptions = {},
): Promise<EnvironmentServer> {
  const options = resolveOptions(serverOptions);
  const { mode, logger } = options;
  const contract = compileContract(environment, toolFailure(options));
  const shared: unknown = await environment.start?.({ sandbox: options.sandbox, mode, logger });
  const metadata = metadataOf(contract.environment, mode, shared);
  const max = Math.min(options.maxSessions, environment.maxSessions ?? Number.POSITIVE_INFINITY);
  let closing: Promise<void> | undefined;

  const sessions = openSessionTable(options, max, (id) =>
    createSession({ contract, options, shared, id, answerMcp: (request, own) => answerMcp(request, { own }) }),
  );

  function answerMcp(request: unknown, caller: Caller): MaybePromise<JsonRpcResponse> {
    return answerPlain(request, contract.toolkit, openDoor(sessions, caller));
  }

  function close(): Promise<void> {
    closing ??= (async () => {
      await sessions.close();
      await contract.environment.stop?.(shared);
    })();
    return closing;
  }

  return {
    contract,
    options,
    sessions,
    answerMcp,
    openSession: async () => {
      const session = await sessions.open("socket");
      return { exchange: session.exchange, close: () => sessions.destroy(session.id) };
    },
    health: (): Health => ({
      status: closing !== undefined ? "unhealthy" : sessions.degraded ? "degraded" : "healthy",
      active_sessions: sessions.active,
      max_sessions: sessions.max,
    }),
    metadata: (): Metadata => metadata,
    schema: (): SchemaDocument => contract.document,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** The instance of an environment whose tools need nothing of their session. */
const toolsAlone: Instance = { reset: () => ({ observation: {} }) };

/** What is told of a tool that threw: in production no text of the environment crosses. */
function toolFailure({ mode, logger }: ResolvedOptions): (reason: unknown) => string {
  if (mode === "simulation") return messageOf;
  return (reason) => {
    logger.warn(`a tool failed: ${messageOf(reason)}`);
    return "The tool failed";
  };
}

interface SessionMaking {
  contract: Contract;
  options: ResolvedOptions;
  shared: unknown;
  id: string;
  answerMcp(request: JsonObject, own: Pick<Session, "id" | "callTool">): MaybePromise<JsonRpcResponse>;
}

/** Makes the environment of one session. @throws {ProtocolError} `FACTORY_ERROR`; its cause is logged, not sent. */
async function createSession({ contract, options, shared, id, answerMcp }: SessionMaking): Promise<Session> {
  const { mode, logger, createTimeoutMs } = options;
  const { environment } = contract;
  const random = openRandom();
  const context = new LiveSession({ random: random.next, mode, logger, shared });

  async function release(graceMs: number, instance: Instance): Promise<void> {
    context.abort(new Error("the session has ended"));
    try {
      await withDeadline<unknown>(instance.close?.(), graceMs, () => {
        throw new Error(`close did not end within ${graceMs / 1000} s`);
      });
    } catch (reason) {
      logger.error(`session ${id.slice(0, 8)}: closing the environment failed: ${messageOf(reason)}`);
    }
  }

  let abandoned = false;
  async function make(): Promise<Session> {
    const instance: Instance = environment.create === undefined ? toolsAlone : await environment.create(context);
    const stillWanted = (): void => {
      if (abandoned) throw new Error("abandoned");
    };
    try {
      stillWanted();
      const episode = openEpisode(contract, instance, random);
      if (mode === "production") await episode.reset(options.reset);
      stillWanted();
      const abort = (reason: Error): void => context.abort(reason);
      return openSession({ id, episode, mode, logger, answerMcp, abort, release: (ms) => release(ms, instance) });
    } catch (reason) {
      await release(options.graceMs, instance);
      throw reason;
    }
  }

  try {
    return await withDeadline(make(), createTimeoutMs, () => {
      abandoned = true;
      context.abort(new Error("creation took too long"));
      throw new Error(`create did not end within ${createTimeoutMs / 1000} s`);
    });
  } catch (reason) {
    logger.error(`creating the environment "${environment.name}" failed: ${messageOf(reason)}`);
    throw new ProtocolError("FACTORY_ERROR", `The environment "${environment.name}" could not be created`, {
      details: { factory_name: environment.name },
      cause: reason,
    });
  }
}

/**
 * What plain JSON-RPC may do. A socket's requests run in the socket's session, whatever `session_id` they name: they hold
 * its turn, and two sessions that waited for each other's turns would wait for ever.
 */
function openDoor(sessions: SessionTable, { own, bearer }: Caller): PlainDoor {
  return {
    async callTool(sessionId, name, input) {
      if (own !== undefined) return own.callTool(name, input);
      if (sessionId !== undefined) return sessions.find(sessionId, bearer).callTool(name, input);
      const session = await sessions.open("id", bearer);
      try {
        return await session.callTool(name, input);
      } finally {
        await sessions.destroy(session.id);
      }
    },
    async create() {
      return own === undefined ? (await sessions.open("id", bearer)).id : own.id;
    },
    async close(sessionId) {
      if (sessionId === own?.id) {
        throw new JsonRpcFailure(jsonRpcCodes.invalidRequest, "A socket's own session ends with the socket");
      }
      const outcome = await sessions.end(sessionId, bearer);
      return outcome === "closed"
        ? { session_id: sessionId, closed: true }
        : { session_id: sessionId, closed: false, closing: true };
    },
    check(sessionId) {
      if (own === undefined) sessions.find(sessionId, bearer);
    },
  };
}

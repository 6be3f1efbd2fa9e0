// Baseline frames carry no id: a client matches replies to requests by their order alone. So a session answers
// strictly in turn, one reply per message, and everything that can fail becomes a reply instead of a throw.

import {
  type ClientMessage,
  decodeClientMessage,
  encodeServerMessage,
  type JsonObject,
  type JsonRpcResponse,
  type LocalSession,
  messageOf,
  ProtocolError,
  type ServerMessage,
  type State,
  toErrorMessage,
  toProtocolError,
  type WireOutcome,
} from "@openenv/schema";
import { withDeadline } from "./deadline.ts";
import type { Logger, Mode } from "./environment.ts";
import type { Episode, StepRequestContext } from "./episode.ts";
import { attempt, type MaybePromise, proceed } from "./maybe-promise.ts";
import type { ToolCall } from "./tools.ts";
import { openTurns } from "./turns.ts";

/** One environment, one message at a time, whatever carries the messages. */
export interface Session extends LocalSession {
  readonly id: string;
  /** Whether something is running or waiting its turn. */
  busy(): boolean;
  /** How often the session was used; a number that stands still is a session that is idle. */
  uses(): number;
  /** Counts as use: the session is not idle now. */
  touch(): void;
  /** Frame in, frame out. Resolves `undefined` for `close`. Never rejects. */
  receive(frame: string): MaybePromise<string | undefined>;
  /** Answers, in turn, a frame that its carrier could not read as text. */
  receiveError(error: ProtocolError): MaybePromise<string>;
  /** @throws {ProtocolError} as do `step`, `state` and `callTool`; in turn like all messages. */
  reset(options: JsonObject): MaybePromise<WireOutcome>;
  step(action: JsonObject, context?: StepRequestContext): MaybePromise<WireOutcome>;
  state(): MaybePromise<State>;
  callTool(name: string, input: JsonObject): MaybePromise<ToolCall>;
  /** Takes back the count of a step whose outcome could not be sent. */
  uncount(): void;
  /** Resolves when nothing runs or waits. */
  settled(): Promise<void>;
  /** Aborts what runs, gives it `graceMs` milliseconds to end, and closes the environment. Never rejects. */
  close(graceMs?: number): Promise<void>;
}

export interface SessionOptions {
  id: string;
  episode: Episode;
  mode: Mode;
  logger: Logger;
  /** Answers a JSON-RPC request that came inside `/ws`, within the session's turn. */
  answerMcp(request: JsonObject, own: Pick<Session, "id" | "callTool">): MaybePromise<JsonRpcResponse>;
  /** Tells the environment that its session ends; runs once, before `release`. */
  abort(reason: Error): void;
  /** Releases what the session holds; runs once. */
  release(graceMs: number): Promise<void>;
}

/** Longest wait for running work when a session is closed, in milliseconds. */
const defaultGraceMs = 5_000;

export function openSession(options: SessionOptions): Session {
  const { episode, mode, logger } = options;
  const turns = openTurns();
  let uses = 0;
  let closing: Promise<void> | undefined;

  function begin(): void {
    if (closing !== undefined) throw new ProtocolError("SESSION_ERROR", "The session has ended");
  }

  /** The error as this session tells it: in production nothing the environment said, and never a stack trace. */
  function tell(reason: unknown): ProtocolError {
    const error = toProtocolError(reason);
    if (error.code !== "EXECUTION_ERROR") return error;
    logger.warn(`session ${options.id.slice(0, 8)}: ${error.message}${causeOf(error)}`);
    return mode === "production" ? new ProtocolError("EXECUTION_ERROR", "The environment failed") : error;
  }

  function refuse(what: string): never {
    throw new ProtocolError(
      "MODE_ERROR",
      `A server in production mode does not take ${what}: only list_tools and call_tool steps`,
    );
  }

  function step(action: JsonObject, context?: StepRequestContext): MaybePromise<WireOutcome> {
    if (mode === "simulation") return episode.step(action, context);
    if (!episode.isToolAction(action)) refuse("environment actions");
    return proceed(episode.step(action, context), (outcome) => ({ ...outcome, reward: null }));
  }

  function answer(message: ClientMessage): MaybePromise<ServerMessage | undefined> {
    switch (message.type) {
      case "step":
        return proceed(step(message.data), observed);
      case "reset":
        if (mode === "production") refuse("reset");
        return proceed(episode.reset(message.data ?? {}), observed);
      case "state":
        if (mode === "production") refuse("state");
        return proceed(episode.state(), (data): ServerMessage => ({ type: "state", data }));
      case "mcp":
        return proceed(options.answerMcp(message.data, own), (data): ServerMessage => ({ type: "mcp", data }));
      case "close":
        return undefined;
    }
  }

  /** The session as a message within its turn sees it: taking a turn again would wait for itself. */
  const own = { id: options.id, callTool: episode.callTool };

  const toError = (reason: unknown): ServerMessage => toErrorMessage(tell(reason));

  const fail = (reason: unknown): never => {
    throw tell(reason);
  };

  function answerInTurn(message: ClientMessage): MaybePromise<ServerMessage | undefined> {
    begin();
    return answer(message);
  }

  function answerFrame(frame: string): MaybePromise<ServerMessage | undefined> {
    begin();
    return answer(decodeClientMessage(frame));
  }

  const takeFrame = (frame: string): MaybePromise<ServerMessage | undefined> => turns.take(answerFrame, frame);
  const takeMessage = (message: ClientMessage): MaybePromise<ServerMessage | undefined> =>
    turns.take(answerInTurn, message);

  /** Runs one of the typed doors in turn; its rejections are in the words of this session. */
  function typed<T>(work: () => MaybePromise<T>): MaybePromise<T> {
    uses++;
    const beginAndWork = (): MaybePromise<T> => {
      begin();
      return work();
    };
    return attempt<undefined, T>(() => turns.take(beginAndWork, undefined), undefined, fail);
  }

  function encode(message: ServerMessage | undefined): string | undefined {
    uses++;
    if (message === undefined) return undefined;
    try {
      return encodeServerMessage(message);
    } catch (reason) {
      if (message.type === "observation") episode.uncount();
      return encodeServerMessage(toError(reason));
    }
  }

  return {
    id: options.id,
    busy: turns.busy,
    uses: () => uses,
    touch() {
      uses++;
    },
    receive(frame) {
      uses++;
      return proceed(attempt(takeFrame, frame, toError), encode);
    },
    receiveError: (error) => proceed(turns.take(toErrorMessage, error), (message) => encode(message) ?? ""),
    settled: () => turns.settled(),
    exchange(message) {
      uses++;
      return attempt(takeMessage, message, toError);
    },
    reset: (resetOptions) => typed(() => episode.reset(resetOptions)),
    step: (action, context) => typed(() => step(action, context)),
    state: () => typed(() => episode.state()),
    callTool: (name, input) => typed(() => episode.callTool(name, input)),
    uncount: episode.uncount,
    close(graceMs = defaultGraceMs) {
      closing ??= (async () => {
        const reason = new ProtocolError("SESSION_ERROR", "The session has ended");
        episode.abort(reason);
        options.abort(reason);
        if (turns.busy()) await withDeadline(turns.settled(), graceMs, () => undefined);
        await options.release(graceMs);
      })();
      return closing;
    },
  };
}

function observed(data: WireOutcome): ServerMessage {
  return { type: "observation", data };
}

function causeOf(error: ProtocolError): string {
  return error.cause instanceof Error && error.cause.message !== error.message ? ` (${messageOf(error.cause)})` : "";
}

// Baseline frames carry no id, so replies are matched to requests by order. That holds only while the server answers
// every request: a client that gives up on a reply must close the socket, or the late reply is taken for the next one.

import {
  type ClientMessage,
  type ErrorCode,
  type ErrorMessage,
  isErrorCode,
  messageOf,
  ProtocolError,
  type ServerMessage,
  TransportError,
} from "@openenv/schema";
import type { Carrier, OpenCarrier } from "./carrier.ts";
import { startDeadline } from "./deadline.ts";
import type { ResolvedOptions } from "./options.ts";

/** Limits of one request; they default to the connection's. */
export interface RequestOptions {
  /** Longest wait for the reply, in milliseconds. When it passes, the connection is closed. */
  timeoutMs?: number;
  /** Gives up on the reply; the connection is closed. */
  signal?: AbortSignal;
}

/** Any message that is answered. */
export type Request = Exclude<ClientMessage, { type: "close" }>;

/** Any answer but an error. */
export type Reply = Exclude<ServerMessage, ErrorMessage>;

/** Sends messages and matches their replies, whatever carries them. */
export interface Connection {
  /**
   * Sends a message. `read` makes the result of the reply; what it throws ends the connection.
   *
   * @throws {ProtocolError} if the reply is an error message. @throws {RangeError} if `timeoutMs` is not above zero.
   * @throws {TransportError} if no reply can be read; the connection is then closed.
   */
  request<T>(message: Request, read: (reply: Reply) => T, limits?: RequestOptions): Promise<T>;
  /** Ends the session and the connection. Never rejects. */
  close(): Promise<void>;
}

interface Waiter {
  /** Never throws. */
  settle(reply: ServerMessage): void;
  reject(error: Error): void;
  /** Stops its deadline and its signal. */
  release(): void;
}

/** With these a server refuses the session, or tells that it has ended: no request after them is answered. */
const finalCodes: readonly ErrorCode[] = ["CAPACITY_REACHED", "FACTORY_ERROR", "SESSION_ERROR"];

/** @throws {TransportError} `connect`, `timeout` or `aborted`. */
export async function openConnection(open: OpenCarrier, options: ResolvedOptions): Promise<Connection> {
  const waiters: Waiter[] = [];
  const hangUp = new AbortController();
  let ended: Error | undefined; // why nothing more can be asked

  function end(error: Error): void {
    if (ended !== undefined) return;
    ended = error;
    options.signal?.removeEventListener("abort", onAbort);
    for (const waiter of waiters.splice(0)) {
      waiter.release();
      waiter.reject(error);
    }
  }

  function giveUp(error: Error): void {
    end(error);
    hangUp.abort(error);
  }

  function onAbort(): void {
    giveUp(aborted("connection", options.signal));
  }

  function onReply(reply: ServerMessage): void {
    if (ended !== undefined) return; // nobody waits any more
    const waiter = waiters.shift();
    if (waiter !== undefined) {
      waiter.release();
      waiter.settle(reply);
    } else if (reply.type === "error") {
      end(toThrown(reply.data));
    } else {
      giveUp(new TransportError("invalid-reply", "the server sent a reply that nobody asked for"));
    }
  }

  /** What a reply comes to. One that cannot be read, or that tells of the session's end, ends the connection. */
  function conclude<T>(reply: ServerMessage, read: (reply: Reply) => T): T {
    if (reply.type === "error") {
      const error = toThrown(reply.data);
      if (finalCodes.includes(error.code)) end(error);
      throw error;
    }
    try {
      return read(reply);
    } catch (reason) {
      const error = reason instanceof Error ? reason : new TransportError("invalid-reply", messageOf(reason));
      giveUp(error);
      throw error;
    }
  }

  /** Gives up when a limit of a request is met. Returns what releases the request from its limits. */
  function limit(timeoutMs: number, signal: AbortSignal | undefined): () => void {
    const timer = startDeadline(timeoutMs, () =>
      giveUp(new TransportError("timeout", `no reply within ${timeoutMs} ms`)),
    );
    if (signal === undefined) return () => clearTimeout(timer);
    const onRequestAbort = (): void => giveUp(aborted("request", signal));
    signal.addEventListener("abort", onRequestAbort, { once: true });
    return () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onRequestAbort);
    };
  }

  if (options.signal?.aborted === true) throw aborted("connection", options.signal);
  options.signal?.addEventListener("abort", onAbort, { once: true });
  const { connectTimeoutMs } = options;
  const timer = startDeadline(connectTimeoutMs, () =>
    giveUp(new TransportError("timeout", `no connection within ${connectTimeoutMs} ms`)),
  );
  let carrier: Carrier;
  try {
    carrier = await open({ onReply, onFailure: giveUp, onClose: end }, hangUp.signal);
    hangUp.signal.throwIfAborted();
  } catch (reason) {
    options.signal?.removeEventListener("abort", onAbort);
    throw hangUp.signal.aborted ? hangUp.signal.reason : reason;
  } finally {
    clearTimeout(timer);
  }

  return {
    request(message, read, { timeoutMs = options.replyTimeoutMs, signal } = {}) {
      if (ended !== undefined) return Promise.reject(ended);
      if (signal?.aborted === true) return Promise.reject(aborted("request", signal));
      if (!(timeoutMs > 0)) return Promise.reject(new RangeError(`timeoutMs must be above zero, got ${timeoutMs}`));
      try {
        const reply = carrier.send(message);
        if (reply !== undefined) return Promise.resolve(conclude(reply, read));
      } catch (reason) {
        return Promise.reject(reason);
      }
      return new Promise((resolve, reject) => {
        const settle = (reply: ServerMessage): void => {
          try {
            resolve(conclude(reply, read));
          } catch (reason) {
            reject(reason);
          }
        };
        waiters.push({ settle, reject, release: limit(timeoutMs, signal) });
      });
    },
    async close() {
      end(new TransportError("closed", "this client has been closed"));
      await carrier.close();
    },
  };
}

function aborted(what: "connection" | "request", signal: AbortSignal | undefined): TransportError {
  return new TransportError("aborted", `the ${what} was aborted`, { cause: signal?.reason });
}

/** An error message as it is thrown. A code outside the table, from another implementation, is an execution error. */
function toThrown({ message, code, ...details }: ErrorMessage["data"]): ProtocolError {
  if (isErrorCode(code)) return new ProtocolError(code, message, { details });
  return new ProtocolError("EXECUTION_ERROR", message, { details: { ...details, code } });
}

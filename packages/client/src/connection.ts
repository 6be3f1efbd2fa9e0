// Baseline frames carry no id, so replies are matched to requests by order. That holds only while the server answers
// every request: a client that gives up on a reply must close the socket, or the late reply is taken for the next one.

import {
  type ClientMessage,
  decodeServerMessage,
  encodeClientMessage,
  isErrorCode,
  ProtocolError,
  type ServerMessage,
  TransportError,
} from "@openenv/schema";
import { openTransport } from "#transport";
import type { ResolvedOptions } from "./options.ts";
import type { Target } from "./target.ts";
import type { Transport } from "./transport.ts";

/** Limits of one request; they default to the connection's. */
export interface RequestOptions {
  /** Longest wait for the reply, in milliseconds. When it passes, the connection is closed. */
  timeoutMs?: number;
  /** Gives up on the reply; the connection is closed. */
  signal?: AbortSignal;
}

/** Sends messages and matches their replies, whatever carries them. */
export interface Connection {
  /** @throws {ProtocolError} if the reply is an error message. @throws {TransportError} if no reply can be read. */
  request(message: Exclude<ClientMessage, { type: "close" }>, options?: RequestOptions): Promise<ServerMessage>;
  /** Ends the session and the connection. Never rejects. */
  close(): Promise<void>;
}

interface Waiter {
  resolve(message: ServerMessage): void;
  reject(error: Error): void;
}

/** Opens a socket to a server. @throws {TransportError} `connect`, `timeout` or `aborted`. */
export async function openConnection(target: Target, options: ResolvedOptions): Promise<Connection> {
  const waiters: Waiter[] = [];
  let ended: Error | undefined; // why nothing more can be asked

  function end(error: Error): void {
    ended ??= error;
    for (const waiter of waiters.splice(0)) waiter.reject(ended);
  }

  function onFrame(frame: string): void {
    const waiter = waiters.shift();
    try {
      const message = decodeServerMessage(frame);
      if (message.type === "error") {
        const error = toThrown(message.data);
        // Nobody asked: the server refuses the session itself (capacity, factory) and is about to close.
        if (waiter === undefined) end(error);
        else waiter.reject(error);
      } else if (waiter === undefined) {
        throw new TransportError("invalid-reply", "the server sent a reply that nobody asked for");
      } else {
        waiter.resolve(message);
      }
    } catch (reason) {
      const error = reason instanceof Error ? reason : new TransportError("invalid-reply", String(reason));
      waiter?.reject(error);
      giveUp(error);
    }
  }

  const giveUp = (error: Error): void => {
    end(error);
    transport.terminate();
  };

  const transport: Transport = await openInTime(target, options, { onFrame, onClose: end });
  const onAbort = (): void =>
    giveUp(new TransportError("aborted", "the connection was aborted", { cause: options.signal?.reason }));
  options.signal?.addEventListener("abort", onAbort, { once: true });

  return {
    request(message, { timeoutMs = options.replyTimeoutMs, signal } = {}) {
      if (ended !== undefined) return Promise.reject(ended);
      if (signal?.aborted === true) return Promise.reject(new TransportError("aborted", "the request was aborted"));
      return new Promise((resolve, reject) => {
        const frame = encodeClientMessage(message);
        const timer = Number.isFinite(timeoutMs)
          ? setTimeout(() => giveUp(new TransportError("timeout", `no reply within ${timeoutMs} ms`)), timeoutMs)
          : undefined;
        const abort = (): void =>
          giveUp(new TransportError("aborted", "the request was aborted", { cause: signal?.reason }));
        signal?.addEventListener("abort", abort, { once: true });
        const settle = (): void => {
          clearTimeout(timer);
          signal?.removeEventListener("abort", abort);
        };
        waiters.push({
          resolve(reply) {
            settle();
            resolve(reply);
          },
          reject(error) {
            settle();
            reject(error);
          },
        });
        transport.send(frame);
      });
    },
    async close() {
      options.signal?.removeEventListener("abort", onAbort);
      if (ended === undefined) {
        transport.send(encodeClientMessage({ type: "close" }));
        end(new TransportError("closed", "this client has been closed"));
      }
      await transport.close();
    },
  };
}

async function openInTime(
  target: Target,
  options: ResolvedOptions,
  events: Parameters<typeof openTransport>[2],
): Promise<Transport> {
  const { connectTimeoutMs, signal } = options;
  signal?.throwIfAborted();
  const controller = new AbortController();
  let why: TransportError | undefined;
  const stop = (error: TransportError): void => {
    why ??= error;
    controller.abort(error);
  };
  const timer = Number.isFinite(connectTimeoutMs)
    ? setTimeout(
        () => stop(new TransportError("timeout", `no connection to ${target.wsUrl} within ${connectTimeoutMs} ms`)),
        connectTimeoutMs,
      )
    : undefined;
  const onAbort = (): void => stop(new TransportError("aborted", "connecting was aborted", { cause: signal?.reason }));
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    return await openTransport(target, options, events, controller.signal);
  } catch (reason) {
    throw why ?? reason;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

/** An error message as it is thrown. A code outside the table, from another implementation, is an execution error. */
export function toThrown({
  message,
  code,
  ...details
}: {
  message: string;
  code: string;
  errors?: unknown[];
}): ProtocolError {
  return new ProtocolError(isErrorCode(code) ? code : "EXECUTION_ERROR", message, { details: { ...details, code } });
}

import { TransportError } from "@openenv/schema";
import { WebSocket } from "ws";
import type { OpenTransport } from "./transport.ts";

/** Longest wait for the server's half of a closing handshake, in milliseconds. */
const handshakeMs = 2_000;
const maxMissedPongs = 2;

/** Over `ws`: in Node it is faster than the built-in WebSocket, and can send headers and pings. */
export const openTransport: OpenTransport = (target, options, events, signal) => {
  const url = target.socketPath === undefined ? target.wsUrl : `ws+unix:${target.socketPath}:${pathOf(target.wsUrl)}`;
  const socket = new WebSocket(url, {
    perMessageDeflate: false,
    maxPayload: options.maxReplyBytes,
    ...(options.bearer !== undefined && { headers: { authorization: `Bearer ${options.bearer}` } }),
  });
  let failure: Error | undefined;
  let missedPongs = 0;
  let pinger: ReturnType<typeof setInterval> | undefined;
  socket.on("error", (error) => {
    failure = error;
  });
  socket.on("pong", () => {
    missedPongs = 0;
  });

  function keepAlive(): void {
    if (missedPongs >= maxMissedPongs) {
      failure = new Error(`the server missed ${maxMissedPongs} pings`);
      socket.terminate();
      return;
    }
    missedPongs++;
    socket.ping();
  }

  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => socket.terminate(), { once: true });
    socket.on("open", () => {
      if (Number.isFinite(options.pingIntervalMs)) pinger = setInterval(keepAlive, options.pingIntervalMs).unref();
      resolve({
        send: (frame) => socket.send(frame),
        terminate: () => socket.terminate(),
        close: () =>
          new Promise((closed) => {
            if (socket.readyState === WebSocket.CLOSED) return closed();
            const hangUp = setTimeout(() => socket.terminate(), handshakeMs);
            socket.once("close", () => {
              clearTimeout(hangUp);
              closed();
            });
            socket.close(1000);
          }),
      });
    });
    socket.on("message", (data, isBinary) => {
      if (!isBinary) events.onFrame(data.toString());
    });
    socket.on("close", (code, reason) => {
      clearInterval(pinger);
      const cause = failure === undefined ? undefined : { cause: failure };
      reject(
        new TransportError("connect", `cannot connect to ${target.wsUrl}: ${failure?.message ?? "refused"}`, cause),
      );
      events.onClose(closeError(code, reason.toString(), failure));
    });
  });
};

function closeError(code: number, reason: string, failure: Error | undefined): TransportError {
  if (failure?.message.includes("Max payload size exceeded") === true) {
    return new TransportError("too-large", "the server sent a reply larger than maxReplyBytes", { cause: failure });
  }
  const detail = failure?.message ?? reason;
  return new TransportError("closed", `the socket was closed (${code}${detail === "" ? "" : `: ${detail}`})`);
}

function pathOf(url: string): string {
  const { pathname, search } = new URL(url);
  return pathname + search;
}

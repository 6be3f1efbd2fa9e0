import { messageOf, TransportError } from "@openenv/schema";
import { startDeadline } from "./deadline.ts";
import { handshakeMs, type OpenTransport } from "./transport.ts";

const bytes = new TextDecoder();

/** Over the built-in WebSocket: no headers, no pings, and the browser's own limits. */
export const openTransport: OpenTransport = async ({ wsUrl, socketPath }, options, events, signal) => {
  if (options.bearer !== undefined)
    throw new TransportError("connect", "a browser cannot send a bearer on a WebSocket");
  if (socketPath !== undefined) throw new TransportError("connect", "a browser cannot connect to a Unix socket");
  const socket = openSocket(wsUrl);
  socket.binaryType = "arraybuffer";

  return new Promise((resolve, reject) => {
    const closed = new Promise<void>((resolveClosed) => socket.addEventListener("close", () => resolveClosed()));
    signal.addEventListener("abort", () => {
      socket.close();
      reject(signal.reason);
    });
    socket.addEventListener("open", () => {
      resolve({
        send: (frame) => socket.send(frame),
        async close() {
          socket.close(1000);
          const { promise: late, resolve: stopWaiting } = Promise.withResolvers<void>();
          const timer = startDeadline(handshakeMs, stopWaiting);
          await Promise.race([closed, late]);
          clearTimeout(timer);
        },
      });
    });
    socket.addEventListener("message", ({ data }) => {
      events.onFrame(typeof data === "string" ? data : bytes.decode(data));
    });
    socket.addEventListener("close", ({ code, reason }) => {
      reject(new TransportError("connect", `cannot connect to ${wsUrl}`));
      events.onClose(
        new TransportError("closed", `the socket was closed (${code}${reason === "" ? "" : `: ${reason}`})`),
      );
    });
  });
};

/** @throws {TransportError} `connect`, where the page may not open such a socket at all. */
function openSocket(url: string): WebSocket {
  try {
    return new WebSocket(url);
  } catch (cause) {
    throw new TransportError("connect", `cannot connect to ${url}: ${messageOf(cause)}`, { cause });
  }
}

import { TransportError } from "@openenv/schema";
import type { OpenTransport } from "./transport.ts";

/** Over the built-in WebSocket: no headers, no pings, and the browser's own limits. */
export const openTransport: OpenTransport = (target, options, events, signal) => {
  if (options.bearer !== undefined) {
    throw new TransportError("connect", "a browser cannot send a bearer on a WebSocket");
  }
  const socket = new WebSocket(target.wsUrl);

  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => socket.close(), { once: true });
    socket.addEventListener("open", () => {
      resolve({
        send: (frame) => socket.send(frame),
        terminate: () => socket.close(),
        close: () =>
          new Promise((closed) => {
            if (socket.readyState === WebSocket.CLOSED) return closed();
            socket.addEventListener("close", () => closed(), { once: true });
            socket.close(1000);
          }),
      });
    });
    socket.addEventListener("message", ({ data }) => {
      if (typeof data === "string") events.onFrame(data);
    });
    socket.addEventListener("close", ({ code, reason }) => {
      reject(new TransportError("connect", `cannot connect to ${target.wsUrl}`));
      events.onClose(
        new TransportError("closed", `the socket was closed (${code}${reason === "" ? "" : `: ${reason}`})`),
      );
    });
  });
};

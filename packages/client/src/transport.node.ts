import { connect } from "node:net";
import { messageOf, TransportError } from "@openenv/schema";
import { WebSocket } from "ws";
import { startPulse } from "./deadline.ts";
import { handshakeMs, type OpenTransport } from "./transport.ts";

const maxMissedPongs = 2;

/** Over `ws`: in Node it is faster than the built-in WebSocket, and can send headers and pings. */
export const openTransport: OpenTransport = ({ wsUrl, socketPath }, options, events, signal) => {
  const settings = {
    perMessageDeflate: false,
    closeTimeout: handshakeMs, // a variable, because the types do not know this option yet
    maxPayload: options.maxReplyBytes,
    ...(socketPath !== undefined && { createConnection: () => connect(socketPath) }),
    ...(options.bearer !== undefined && { headers: { authorization: `Bearer ${options.bearer}` } }),
  };
  const socket = new WebSocket(wsUrl, settings);
  let failure: Error | undefined;
  let missedPongs = 0;
  let pinger: ReturnType<typeof startPulse>;

  function keepAlive(): void {
    if (events.flooding()) missedPongs = 0;
    if (missedPongs >= maxMissedPongs) {
      failure = new Error(`the server missed ${maxMissedPongs} pings`);
      socket.terminate();
      return;
    }
    missedPongs++;
    socket.ping();
  }

  return new Promise((resolve, reject) => {
    const closed = new Promise<void>((resolveClosed) => socket.on("close", () => resolveClosed()));
    signal.addEventListener("abort", () => socket.terminate(), { once: true });
    socket.on("open", () => {
      pinger = startPulse(options.pingIntervalMs, keepAlive);
      resolve({
        send: (frame) => socket.send(frame),
        close() {
          socket.close(1000);
          return closed;
        },
      });
    });
    socket.on("message", (data) => events.onFrame(data.toString()));
    socket.on("pong", () => {
      missedPongs = 0;
    });
    socket.on("error", (error) => {
      failure = error;
      if ("code" in error && error.code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH") {
        events.onFailure(new TransportError("too-large", "the server sent a reply larger than maxReplyBytes"));
      }
    });
    socket.on("close", (code, reason) => {
      clearInterval(pinger);
      const detail = failure === undefined ? reason.toString() : describe(failure);
      const cause = failure === undefined ? {} : { cause: failure };
      reject(new TransportError("connect", `cannot connect to ${socketPath ?? wsUrl}: ${detail}`, cause));
      const text = `the socket was closed (${code}${detail === "" ? "" : `: ${detail}`})`;
      events.onClose(new TransportError("closed", text, cause));
    });
  });
};

/** Node tells a refusal at several addresses of one name in a code alone. */
function describe(failure: Error): string {
  return failure.message === "" && "code" in failure ? String(failure.code) : messageOf(failure);
}

import type { IncomingHttpHeaders } from "node:http";
import type { Duplex } from "node:stream";
import { excerpt, isObject, type JsonObject, parseJson } from "../json.ts";
import type { TraceChannel } from "../trace.ts";
import { describe } from "../wire/connection.ts";
import { closePayload, encodeFrame, type FrameOptions, opcode } from "../wire/frames.ts";
import { createMessageReader, echoedClose, type Incoming } from "../wire/messages.ts";

/** The server's end of a WebSocket that a client opened. It answers pings and closing frames. */
export interface ClientSocket {
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  /** Everything that the client sent, fragments joined, in order. */
  readonly arrivals: readonly Incoming[];
  /** Those that are JSON objects. */
  readonly messages: readonly JsonObject[];
  /** Whether the client has said goodbye, or the TCP stream has ended. */
  readonly left: boolean;
  send(message: JsonObject): void;
  sendFrame(frame: FrameOptions): void;
  /** Bytes as they are: frames that are cut off, or never end. Resolves once they are written, or cannot be. */
  sendBytes(bytes: Buffer): Promise<void>;
  /** Sends a closing frame, and ends the stream when the client has answered it. */
  close(code: number | undefined): void;
  /** Ends the stream without a goodbye. */
  destroy(): void;
}

export interface SocketParts {
  stream: Duplex;
  /** What came with the handshake. */
  head: Buffer;
  request: { target: string; headers: IncomingHttpHeaders };
  channel: TraceChannel;
  answersPings: () => boolean;
  /** Called after everything that happens. */
  changed: () => void;
}

export function createClientSocket(
  { stream, head, request, channel, answersPings, changed }: SocketParts,
  onText: (text: string, socket: ClientSocket) => void,
): ClientSocket {
  const read = createMessageReader(true);
  const arrivals: Incoming[] = [];
  const messages: JsonObject[] = [];
  let left = false;
  let goodbye = false;

  const sendBytes = (bytes: Buffer): Promise<void> =>
    new Promise((resolve) => {
      if (stream.writable) stream.write(bytes, () => resolve());
      else resolve();
    });
  const sendFrame = (frame: FrameOptions): void => {
    if (!goodbye) void sendBytes(encodeFrame(frame));
  };
  const sayGoodbye = (payload: Buffer): void => {
    sendFrame({ opcode: opcode.close, payload });
    goodbye = true;
  };

  const socket: ClientSocket = {
    target: request.target,
    headers: request.headers,
    arrivals,
    messages,
    get left() {
      return left;
    },
    send(message) {
      const text = JSON.stringify(message);
      channel.sent(excerpt(text));
      sendFrame({ opcode: opcode.text, payload: text });
    },
    sendFrame(frame) {
      channel.sent(`frame ${JSON.stringify({ ...frame, payload: excerpt(String(frame.payload ?? ""), 80) })}`);
      sendFrame(frame);
    },
    sendBytes,
    close(code) {
      channel.sent(`close ${code ?? "without a code"}`);
      sayGoodbye(code === undefined ? Buffer.alloc(0) : closePayload(code));
    },
    destroy() {
      stream.destroy();
    },
  };

  function arrive(incoming: Incoming): void {
    arrivals.push(incoming);
    channel.received(describe(incoming));
    if (incoming.kind === "ping" && answersPings()) sendFrame({ opcode: opcode.pong, payload: incoming.payload });
    if (incoming.kind === "close") {
      left = true;
      sayGoodbye(echoedClose(incoming.code));
      stream.end();
    }
    if (incoming.kind !== "text" && incoming.kind !== "binary") return;
    // A binary message is read too, so that one about something else does not fail for it.
    const text = incoming.kind === "text" ? incoming.text : incoming.payload.toString("utf8");
    const message = parseJson(text);
    if (isObject(message)) messages.push(message);
    onText(text, socket);
  }

  stream.on("data", (chunk: Buffer) => {
    for (const incoming of read(chunk)) arrive(incoming);
    changed();
  });
  for (const event of ["end", "close"]) {
    stream.on(event, () => {
      left = true;
      stream.end();
      changed();
    });
  }
  if (head.length > 0) stream.unshift(head);
  return socket;
}

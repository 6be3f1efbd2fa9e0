import { randomBytes } from "node:crypto";
import { type ClientRequest, type IncomingHttpHeaders, type RequestOptions, request } from "node:http";
import { request as secureRequest } from "node:https";
import type { Duplex } from "node:stream";
import { excerpt, isObject, type JsonObject, parseJson } from "../json.ts";
import type { TraceChannel } from "../trace.ts";
import { Violation, violated } from "../verdict.ts";
import { closePayload, encodeFrame, type FrameOptions, opcode } from "./frames.ts";
import { handshakeBreach } from "./handshake.ts";
import { createInbox } from "./inbox.ts";
import { createMessageReader, echoedClose, type Incoming } from "./messages.ts";

/** What arrives on a connection; `end` is the end of the TCP stream. */
export type Arrival = Incoming | { kind: "end" };

export interface ConnectOptions {
  headers?: Readonly<Record<string, string>>;
  /** Set to false for a peer that has died without a word. Default true. */
  answerPings?: boolean;
  /** Whether `next` tells pings, too. Default false: they come whenever the peer likes. */
  reportPings?: boolean;
  /** Runs between the opening of the TCP connection and the request for the upgrade. */
  connected?: () => Promise<void>;
  /** How long to wait for anything, in milliseconds. Default: what the run has. */
  deadlineMs?: number;
}

export interface ConnectionSettings extends ConnectOptions {
  trace: TraceChannel;
  deadlineMs: number;
  /** Sees every text message that arrives. */
  onText?: (text: string) => void;
}

/** A WebSocket on which everything can be sent, also what is forbidden. Each wait ends in a `Violation` at the deadline. */
export interface Connection {
  readonly headers: IncomingHttpHeaders;
  /** Sends one text message: an object as JSON, a string as it is. */
  send(message: JsonObject | string): void;
  /** Sends one frame, masked unless `maskKey` is given as undefined. */
  sendFrame(frame: FrameOptions): void;
  sendBytes(bytes: Buffer): void;
  /** The next thing to arrive. */
  next(awaited?: string): Promise<Arrival>;
  /** The next thing beside pings and pongs, which must be a text message that holds a JSON object. */
  message(awaited?: string): Promise<JsonObject>;
  /** Sends a message and takes the next one to arrive. */
  ask(message: JsonObject | string): Promise<JsonObject>;
  /** The close code of the peer; undefined where it closed without one. Any message before is a violation. */
  closed(awaited?: string): Promise<number | undefined>;
  /** The end of the TCP stream, whatever arrives before it. */
  ended(awaited?: string): Promise<void>;
  /** Stops reading from the socket, so that the peer's writes pile up; true goes on. */
  read(reading: boolean): void;
  /** Says goodbye, if nobody has yet, and waits until the stream has ended. Never fails. */
  close(): Promise<void>;
  /** Ends the stream without a goodbye. */
  destroy(): void;
}

/** What came of an upgrade: a connection, or an ordinary HTTP answer. */
export type Upgrade = { connection: Connection } | { status: number; headers: IncomingHttpHeaders; body: string };

/** Opens `url` (`http:` or `https:`, path included) as a WebSocket. Throws a `Violation` if nothing answers. */
export function upgrade(url: URL, settings: ConnectionSettings): Promise<Upgrade> {
  const { promise, resolve, reject } = Promise.withResolvers<Upgrade>();
  const key = randomBytes(16).toString("base64");
  const options: RequestOptions = {
    agent: false,
    headers: {
      Connection: "Upgrade",
      Upgrade: "websocket",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": key,
      ...settings.headers,
    },
  };
  settings.trace.sent(`upgrade ${url.pathname}${url.search}${excerpt(JSON.stringify(settings.headers ?? {}))}`);
  const asked: ClientRequest = (url.protocol === "https:" ? secureRequest : request)(url, options);
  const timer = setTimeout(() => {
    reject(new Violation(`the upgrade of ${url.pathname}: no answer within ${settings.deadlineMs / 1000} seconds`));
    asked.destroy();
  }, settings.deadlineMs);
  asked.on("upgrade", (response, socket, head) => {
    clearTimeout(timer);
    settings.trace.received("101 Switching Protocols");
    const breach = handshakeBreach(key, settings.headers ?? {}, response.headers);
    if (breach !== undefined) {
      reject(new Violation(`the upgrade of ${url.pathname}: ${breach}`));
      socket.destroy();
      return;
    }
    resolve({ connection: createConnection(socket, head, response.headers, settings) });
  });
  asked.on("response", (response) => {
    const chunks: Buffer[] = [];
    response.on("data", (chunk: Buffer) => chunks.push(chunk));
    response.on("error", (error) => {
      clearTimeout(timer);
      reject(new Violation(`the answer to the upgrade of ${url.pathname} broke off: ${error.message}`));
    });
    response.on("end", () => {
      clearTimeout(timer);
      const body = Buffer.concat(chunks).toString("utf8");
      settings.trace.received(`${response.statusCode} ${excerpt(body)}`);
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
    });
  });
  asked.on("error", (error) => {
    clearTimeout(timer);
    settings.trace.received(`error: ${error.message}`);
    reject(new Violation(`the upgrade of ${url.pathname} failed: ${error.message}`));
  });
  const { connected } = settings;
  if (connected === undefined) asked.end();
  else
    asked.once("socket", (socket) => {
      socket.once(url.protocol === "https:" ? "secureConnect" : "connect", () => {
        connected().then(() => asked.end(), reject);
      });
    });
  return promise;
}

/** What a peer may send before the suite hangs up: bytes of one message, and messages that nobody has taken. */
const mostBytes = 256 * 2 ** 20;
const mostWaiting = 10_000;

function createConnection(
  socket: Duplex,
  head: Buffer,
  headers: IncomingHttpHeaders,
  settings: ConnectionSettings,
): Connection {
  const { trace, deadlineMs, onText, answerPings = true, reportPings = false } = settings;
  const inbox = createInbox<Arrival>();
  const readMessages = createMessageReader(false);
  const ended = Promise.withResolvers<void>();
  let goodbye = false;

  const write = (bytes: Buffer): void => {
    if (socket.writable) socket.write(bytes);
  };
  const sendFrame = (frame: FrameOptions): void => write(encodeFrame({ maskKey: randomBytes(4), ...frame }));
  const say = (code: number | undefined): void => {
    if (goodbye) return;
    goodbye = true;
    sendFrame({ opcode: opcode.close, payload: echoedClose(code) });
  };

  function arrive(incoming: Incoming): void {
    if (incoming.kind === "ping") {
      if (answerPings) sendFrame({ opcode: opcode.pong, payload: incoming.payload });
      if (!reportPings) return;
    }
    trace.received(describe(incoming));
    if (incoming.kind === "text") onText?.(incoming.text);
    if (incoming.kind === "close") {
      say(incoming.code);
      socket.end();
    }
    inbox.put(incoming);
  }

  let unread = 0;
  socket.on("data", (chunk: Buffer) => {
    const arrived = readMessages(chunk);
    unread = arrived.length === 0 ? unread + chunk.length : 0;
    if (unread > mostBytes) arrived.push({ kind: "broken", why: `a message is longer than ${mostBytes} bytes` });
    if (inbox.size() + arrived.length > mostWaiting) arrived.push({ kind: "broken", why: "messages come without end" });
    for (const incoming of arrived) arrive(incoming);
    if (unread > mostBytes || inbox.size() > mostWaiting) socket.destroy();
  });
  // A reset by the peer is an end like any other; what was expected instead, the check says.
  socket.on("error", () => undefined);
  socket.on("close", () => {
    inbox.put({ kind: "end" });
    ended.resolve();
  });
  if (head.length > 0) socket.unshift(head);

  const next = (awaited = "the next message"): Promise<Arrival> => inbox.take(awaited, deadlineMs);
  /** The next arrival that is wanted. The others share its deadline: a peer that sends without end is late, too. */
  const nextThat = async (awaited: string, wanted: (arrival: Arrival) => boolean): Promise<Arrival> => {
    const endMs = performance.now() + deadlineMs;
    for (;;) {
      const arrival = await inbox.take(awaited, Math.max(0, endMs - performance.now()));
      if (wanted(arrival)) return arrival;
    }
  };
  // A pong may also come unasked, as a sign of life.
  const nextButControls = (awaited: string): Promise<Arrival> =>
    nextThat(awaited, ({ kind }) => kind !== "ping" && kind !== "pong");
  const message = async (awaited = "a reply"): Promise<JsonObject> => {
    const arrival = await nextButControls(awaited);
    if (arrival.kind !== "text") violated(`${awaited}: expected a text message, got ${describe(arrival)}`);
    const value = parseJson(arrival.text);
    if (!isObject(value)) violated(`${awaited}: expected a JSON object, got ${excerpt(arrival.text)}`);
    return value;
  };
  const send = (sent: JsonObject | string): void => {
    const text = typeof sent === "string" ? sent : JSON.stringify(sent);
    trace.sent(excerpt(text));
    sendFrame({ opcode: opcode.text, payload: text });
  };

  return {
    headers,
    send,
    sendFrame(frame) {
      trace.sent(
        `frame ${JSON.stringify({ ...frame, payload: excerpt(String(frame.payload ?? ""), 80), maskKey: undefined })}`,
      );
      sendFrame(frame);
    },
    sendBytes(bytes) {
      trace.sent(`bytes ${excerpt(bytes.toString("hex"), 80)}`);
      write(bytes);
    },
    next,
    message,
    ask(sent) {
      send(sent);
      return message();
    },
    async closed(awaited = "the closing of the connection") {
      const arrival = await nextButControls(awaited);
      if (arrival.kind !== "close") violated(`${awaited}: got ${describe(arrival)} instead`);
      return arrival.code;
    },
    async ended(awaited = "the end of the connection") {
      await nextThat(awaited, ({ kind }) => kind === "end");
    },
    read(reading) {
      if (reading) socket.resume();
      else socket.pause();
    },
    async close() {
      socket.resume();
      say(1000);
      const timer = setTimeout(() => socket.destroy(), Math.min(deadlineMs, 2000));
      await ended.promise;
      clearTimeout(timer);
    },
    destroy() {
      socket.destroy();
    },
  };
}

/** What arrived, in words for a finding. */
export function describe(arrival: Arrival): string {
  if (arrival.kind === "text") return excerpt(arrival.text);
  if (arrival.kind === "close")
    return `close ${arrival.code ?? "without a code"}${arrival.reason && ` (${arrival.reason})`}`;
  if (arrival.kind === "broken") return `a breach of RFC 6455: ${arrival.why}`;
  if (arrival.kind === "end") return "the end of the connection without a close frame";
  return `a ${arrival.kind} of ${arrival.payload.length} bytes`;
}

/** Closes a connection with a code of one's own choice. */
export function sendClose(connection: Connection, code: number): void {
  connection.sendFrame({ opcode: opcode.close, payload: closePayload(code) });
}

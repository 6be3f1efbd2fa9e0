import { createHash } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { isObject, type JsonObject, parseJson } from "../json.ts";
import type { Trace } from "../trace.ts";
import { createRightAnswers, type RightAnswers, sessionId } from "./right-answers.ts";
import { type ClientSocket, createClientSocket } from "./scripted-socket.ts";
import { createWatch } from "./watch.ts";

/** A request of the client, upgrades among them. */
export interface SeenRequest {
  method: string;
  /** As it stood in the request line, with its query. */
  target: string;
  /** The route that it is for, after whatever prefix: its last segment. */
  route: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Another answer than the right one. */
export interface HttpReply {
  status: number;
  headers?: Readonly<Record<string, string>>;
  json: JsonObject;
}

/** How a scripted server differs from one that conforms. */
export interface ServerScript {
  /** As soon as a WebSocket is open. */
  onOpen?: (socket: ClientSocket) => void;
  /** The reply to a message. `silence` sends nothing: the script does by itself, or later. Undefined gives the right reply. */
  onMessage?: (message: JsonObject, socket: ClientSocket) => JsonObject | "silence" | undefined;
  /** The answer to a request, or to an upgrade, which it then refuses. `drop` hangs up. Undefined gives the right one. */
  onRequest?: (request: SeenRequest) => HttpReply | "drop" | undefined;
  /** Whether it answers a ping that arrives now. Without it, it does. */
  answersPings?: () => boolean;
}

/** A server that a client is driven against. It accepts upgrades at any path and records what it is sent. */
export interface ScriptedServer extends AsyncDisposable {
  /** Without a slash at the end. */
  readonly url: string;
  readonly requests: readonly SeenRequest[];
  readonly sockets: readonly ClientSocket[];
  /** Waits until something that the client does makes `condition` true; a violation if that takes longer than the deadline. */
  until(condition: () => boolean, awaited: string): Promise<void>;
  /** Waits for what a client may do and need not: a second at most. Whether it came, the condition tells. */
  mayBe(condition: () => boolean): Promise<void>;
}

const patienceMs = 1000;

export interface ScriptedServerSettings {
  trace: Trace;
  deadlineMs: number;
  nextMark: () => string;
}

export async function openScriptedServer(
  script: ServerScript,
  { trace, deadlineMs, nextMark }: ScriptedServerSettings,
): Promise<ScriptedServer> {
  const requests: SeenRequest[] = [];
  const sockets: ClientSocket[] = [];
  const watch = createWatch();

  async function onRequest(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = { ...seen(incoming), body: await textOf(incoming) };
    requests.push(request);
    const channel = trace.channel("http");
    channel.received(`${request.method} ${request.target} ${request.body}`);
    const reply = script.onRequest?.(request) ?? rightReply(request, createRightAnswers(nextMark));
    if (reply === "drop") {
      response.destroy();
      return watch.changed();
    }
    const { status, headers, json } = reply;
    const text = JSON.stringify(json);
    channel.sent(`${status} ${text}`);
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(text);
    watch.changed();
  }

  function onUpgrade(incoming: IncomingMessage, stream: Duplex, head: Buffer): void {
    stream.on("error", () => undefined);
    const request = seen(incoming);
    requests.push(request);
    const refusal = script.onRequest?.(request);
    const channel = trace.channel("ws");
    channel.received(`upgrade ${request.target}`);
    if (refusal === "drop") {
      stream.destroy();
    } else if (refusal !== undefined) {
      channel.sent(String(refusal.status));
      stream.end(refusalText(refusal));
    } else {
      stream.write(acceptance(incoming.headers["sec-websocket-key"] ?? ""));
      const answers = createRightAnswers(nextMark);
      const parts = {
        stream,
        head,
        request,
        channel,
        answersPings: script.answersPings ?? (() => true),
        changed: watch.changed,
      };
      const socket = createClientSocket(parts, (text, socket) => {
        const message = parseJson(text);
        const scripted = isObject(message) ? script.onMessage?.(message, socket) : undefined;
        if (scripted === "silence") return;
        const reply = scripted ?? (request.route === "/mcp" ? answers.rpc(message) : answers.message(message));
        if (reply === undefined) socket.close(1000);
        else socket.send(reply);
      });
      sockets.push(socket);
      script.onOpen?.(socket);
    }
    watch.changed();
  }

  const http = createServer((incoming, response) => {
    // A client that hangs up in the middle of its request is told by what it does next.
    onRequest(incoming, response).catch(() => response.destroy());
  });
  http.on("upgrade", onUpgrade);
  http.listen(0, "127.0.0.1");
  await new Promise((resolve) => http.once("listening", resolve));
  const address = http.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;

  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    sockets,
    until: (condition, awaited) => watch.until(condition, deadlineMs, awaited),
    mayBe: (condition) => watch.mayBe(condition, patienceMs),
    async [Symbol.asyncDispose]() {
      watch.stop();
      for (const socket of sockets) socket.destroy();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

function seen({ method = "GET", url = "/", headers }: IncomingMessage): SeenRequest {
  const path = url.split("?")[0] ?? "/";
  return { method, target: url, route: path.slice(path.lastIndexOf("/")), headers, body: "" };
}

function rightReply({ method, route, body }: SeenRequest, answers: RightAnswers): HttpReply {
  if (method === "POST" && route === "/mcp") return { status: 200, json: answers.rpc(parseJson(body)) };
  if (route === "/reset" || route === "/step" || route === "/state") {
    const value = parseJson(body);
    const data = route === "/reset" ? value : isObject(value) ? value.action : undefined;
    const reply = answers.message({ type: route.slice(1), data });
    if (isObject(reply?.data)) return { status: 200, headers: { "OpenEnv-Session": sessionId }, json: reply.data };
  }
  const document = answers.route(route);
  if (document === undefined) return { status: 404, json: { detail: "Not Found" } };
  return { status: 200, json: document };
}

/** The server's half of the opening handshake of RFC 6455. No extension is agreed to. */
function acceptance(key: string): string {
  const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
}

function refusalText({ status, headers = {}, json }: HttpReply): string {
  const body = JSON.stringify(json);
  const lines = Object.entries({
    ...headers,
    "Content-Type": "application/json",
    "Content-Length": String(Buffer.byteLength(body)),
    Connection: "close",
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} Scripted\r\n${lines.join("")}\r\n${body}`;
}

async function textOf(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

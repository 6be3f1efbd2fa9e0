import { createServer, type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import { type RawData, WebSocket, WebSocketServer } from "ws";

/** An HTTP answer on its way through a broken peer. */
export interface PassingAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** What was asked, as far as a breakage may want to know. */
export interface PassingRequest {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/**
 * How a peer differs from a right one. It stands between the suite and a server that conforms, and changes what passes.
 * Functions are made anew for each connection where they are made by `connection`, so that they may remember.
 */
export interface Breakage {
  /** Rewrites a text message of the server. A list sends each, an empty list drops it. */
  toClient?: (text: string, path: string) => string | readonly string[];
  /** Rewrites a text message of the client on its way to the server. */
  toServer?: (text: string, path: string) => string | readonly string[];
  /** A memory for each connection: the same functions, made when it opens. */
  connection?: () => Pick<Breakage, "toClient" | "toServer">;
  /** The close code in place of the server's. */
  closeCode?: (code: number) => number;
  /** Sent to the client as soon as the connection is open. */
  greeting?: string;
  /** Rewrites a request before it is passed on. */
  request?: (asked: PassingRequest) => Partial<PassingRequest>;
  /** Rewrites an answer before it goes back. */
  answer?: (answer: PassingAnswer, asked: PassingRequest) => Partial<PassingAnswer>;
  /** Another path, or other headers, for an upgrade on its way to the server; null refuses it with 404. */
  upgrade?: (path: string, headers: IncomingHttpHeaders) => { path?: string; headers?: IncomingHttpHeaders } | null;
}

export interface BrokenPeer extends AsyncDisposable {
  url: string;
}

/** Opens a peer that is right except for what `breakage` says. */
export async function openBroken(right: string, breakage: Breakage): Promise<BrokenPeer> {
  const http = createServer((asked, answer) => {
    passRequest(right, breakage, asked).then(
      ({ status, headers, body }) => {
        const { "content-length": _, "transfer-encoding": __, connection: ___, ...kept } = headers;
        answer.writeHead(status, kept).end(asked.method === "HEAD" ? undefined : body);
      },
      () => answer.destroy(),
    );
  });
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 2 ** 30, perMessageDeflate: false });
  http.on("upgrade", (asked, socket, head) => {
    const path = asked.url ?? "/";
    const changed = breakage.upgrade?.(path, asked.headers);
    if (changed === null) {
      socket.end("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
      return;
    }
    const upstream = connectTo(right, changed?.path ?? path, changed?.headers ?? asked.headers);
    // An upgrade that the right peer refuses is refused here too.
    upstream.once("unexpected-response", (_, response) => {
      socket.end(`HTTP/1.1 ${response.statusCode} Refused\r\nContent-Length: 0\r\n\r\n`);
    });
    upstream.once("error", () => socket.destroy());
    upstream.once("open", () => {
      sockets.handleUpgrade(asked, socket, head, (client) => passMessages(client, upstream, path, breakage));
    });
  });
  http.listen(0, "127.0.0.1");
  await new Promise((resolve) => http.once("listening", resolve));
  return {
    url: `http://127.0.0.1:${portOf(http.address())}`,
    async [Symbol.asyncDispose]() {
      for (const client of sockets.clients) client.terminate();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === "string") throw new Error("the broken peer listens on no port");
  return address.port;
}

function connectTo(right: string, path: string, headers: IncomingHttpHeaders): WebSocket {
  const { connection: _, upgrade: __, ...rest } = headers;
  const passed = Object.entries(rest).filter(([name]) => !name.startsWith("sec-websocket"));
  const url = right.replace("http:", "ws:") + path;
  return new WebSocket(url, {
    headers: Object.fromEntries(passed.map(([name, value]) => [name, String(value)])),
    maxPayload: 2 ** 30,
    perMessageDeflate: false,
  });
}

function passMessages(client: WebSocket, upstream: WebSocket, path: string, breakage: Breakage): void {
  const { toClient = breakage.toClient, toServer = breakage.toServer } = breakage.connection?.() ?? {};
  if (breakage.greeting !== undefined) client.send(breakage.greeting);
  const pass = (to: WebSocket, rewrite: Breakage["toClient"]) => (data: RawData, isBinary: boolean) => {
    const rewritten = isBinary || rewrite === undefined ? [data] : [rewrite(String(data), path)].flat();
    for (const each of rewritten) to.send(each, { binary: isBinary });
  };
  client.on("message", pass(upstream, toServer));
  upstream.on("message", pass(client, toClient));
  upstream.on("close", (code, reason) => end(client, breakage.closeCode?.(code) ?? code, reason));
  client.on("close", (code, reason) => end(upstream, code, reason));
  client.on("error", () => undefined);
  upstream.on("error", () => undefined);
}

function end(socket: WebSocket, code: number, reason: Buffer): void {
  const sendable = (code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006) || code >= 3000;
  if (sendable) socket.close(code, reason);
  else if (code === 1005) socket.close();
  else socket.terminate();
}

async function passRequest(right: string, breakage: Breakage, incoming: IncomingMessage): Promise<PassingAnswer> {
  const asked: PassingRequest = {
    method: incoming.method ?? "GET",
    path: incoming.url ?? "/",
    headers: incoming.headers,
    body: await textOf(incoming),
  };
  const { method, path, headers, body } = { ...asked, ...breakage.request?.(asked) };
  const { "content-length": _, "transfer-encoding": __, ...kept } = headers;
  const passed = request(right + path, {
    method,
    headers: { ...kept, ...(body && { "content-length": Buffer.byteLength(body) }) },
    agent: false,
  });
  passed.end(body);
  const response = await new Promise<IncomingMessage>((resolve, reject) =>
    passed.once("response", resolve).once("error", reject),
  );
  const answer = { status: response.statusCode ?? 502, headers: response.headers, body: await textOf(response) };
  return { ...answer, ...breakage.answer?.(answer, asked) };
}

async function textOf(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

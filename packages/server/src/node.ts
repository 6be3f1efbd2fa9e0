import { isUtf8 } from "node:buffer";
import { chmodSync, lstatSync, unlinkSync } from "node:fs";
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connect as connectSocket } from "node:net";
import { resolve } from "node:path";
import type { Duplex } from "node:stream";
import { routes } from "@openenv/schema";
import type { TObject, TSchema } from "typebox";
import { type WebSocket, WebSocketServer } from "ws";
import { browserGuard, isLoopbackHost } from "./browser-guard.ts";
import type { EnvironmentDefinition, ToolSet } from "./environment.ts";
import { type HttpResponse, httpRoutes, readBearer, refusalAnswer } from "./http.ts";
import { isPromise } from "./maybe-promise.ts";
import type { ServerOptions } from "./options.ts";
import { createServer, type EnvironmentServer } from "./server.ts";
import { openSocketDoor, type SocketDoor } from "./socket-door.ts";

export interface ServeOptions extends ServerOptions {
  /** Address to listen on. @default "127.0.0.1" */
  host?: string;
  /** 0 takes a free one. @default 8000 */
  port?: number;
  /** Path of a Unix socket, instead of host and port. */
  unix?: string | undefined;
  /** Time between pings, in milliseconds; a peer that misses two in a row is dead, and its slot is freed. @default 20_000 */
  pingIntervalMs?: number;
}

/** A server that listens. Closing it runs once: no more connections, running steps end within the grace time, sessions close. */
export interface ListeningServer extends AsyncDisposable {
  /** `http://host:port`, or `unix:/path`. */
  readonly url: string;
  readonly server: EnvironmentServer;
  close(): Promise<void>;
}

const asText = { binary: false };

const maxMissedPongs = 2;

/** Longest wait for peers to answer a closing handshake at shutdown, in milliseconds. */
const handshakeMs = 1_000;

interface Peer {
  socket: WebSocket;
  door: SocketDoor;
  missedPongs: number;
}

/**
 * Serves an environment over HTTP and WebSocket on one `node:http` server.
 *
 * @throws what the environment's `start` throws; the error of `listen`, such as `EADDRINUSE`.
 */
export async function serve<
  A extends TSchema,
  O extends TSchema,
  R extends TObject,
  T extends ToolSet,
  S,
  RO extends TSchema,
>(environment: EnvironmentDefinition<A, O, R, T, S, RO>, options: ServeOptions = {}): Promise<ListeningServer> {
  const { host = "127.0.0.1", port = 8000, pingIntervalMs = 20_000 } = options;
  const unix = options.unix === undefined ? undefined : resolve(options.unix);
  const server = await createServer(environment, options);
  const http = createHttpServer({ keepAliveTimeout: 65_000 });
  const refusal = browserGuard({
    allowedOrigins: server.options.allowedOrigins,
    loopback: unix === undefined && (host === "localhost" || isLoopbackHost(host.includes(":") ? `[${host}]` : host)),
  });
  answerRequests(http, server, refusal);
  const peers = acceptSockets(http, server, refusal, pingIntervalMs);

  try {
    await listen(http, unix === undefined ? { host, port } : { path: unix });
  } catch (reason) {
    await peers.close();
    await server.close();
    throw reason;
  }
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= shutDown(http, server, peers);
    return closing;
  };
  return {
    url: unix === undefined ? addressOf(http) : `unix:${unix}`,
    server,
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function shutDown(http: Server, server: EnvironmentServer, peers: Peers): Promise<void> {
  const stopped = new Promise<void>((resolve) => http.close(() => resolve()));
  http.closeIdleConnections();
  for (const { door } of peers.all) door.stop();
  await server.close();
  await peers.close();
  http.closeAllConnections();
  await stopped;
}

type Refusal = ReturnType<typeof browserGuard>;

/** Without a promise per request: at this door they would be a noticeable part of its cost. */
function answerRequests(http: Server, server: EnvironmentServer, refusal: Refusal): void {
  const answer = httpRoutes(server);
  const limit = server.options.maxMessageBytes;

  http.on("request", (request, response) => {
    const refused = refusal(request.headers);
    if (refused !== undefined) {
      write(response, refusalAnswer(pathOf(request), 403, refused));
      return;
    }
    readBody(request, limit, (body) => {
      if (body === undefined) {
        writeAndHangUp(response, refusalAnswer(pathOf(request), 413, `The body is larger than ${limit} bytes`));
        return;
      }
      const reply = answer({
        method: request.method ?? "GET",
        path: pathOf(request),
        header: (name) => headerOf(request, name),
        body: isUtf8(body) ? body.toString() : undefined,
      });
      if (isPromise(reply)) void reply.then((late) => write(response, late));
      else write(response, reply);
    });
  });
}

interface Peers {
  readonly all: ReadonlySet<Peer>;
  /** Says goodbye with 1012 and hangs up on those who do not answer. */
  close(): Promise<void>;
}

function acceptSockets(http: Server, server: EnvironmentServer, refusal: Refusal, pingIntervalMs: number): Peers {
  const all = new Set<Peer>();
  let closed = false;
  // Defaults but for three: deflate costs 255 KiB per session and most of the speed; the set above does the tracking.
  const upgrader = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: server.options.maxMessageBytes,
  });

  http.on("upgrade", (request, stream, head) => {
    stream.on("error", () => stream.destroy());
    const path = pathOf(request);
    const refused = refusal(request.headers);
    if (refused !== undefined) return refuseUpgrade(stream, "403 Forbidden", refused);
    if (closed) return refuseUpgrade(stream, "503 Service Unavailable", "The server is shutting down");
    if (path !== routes.ws && path !== routes.mcp) return refuseUpgrade(stream, "404 Not Found", "Not Found");
    upgrader.handleUpgrade(request, stream, head, (socket) => {
      const sessionId = path === routes.ws ? queryOf(request).get("session_id") : null;
      const bearer = readBearer({ header: (name) => headerOf(request, name) });
      all.add(
        openPeer(server, socket, { path, sessionId: sessionId ?? undefined, bearer }, (peer) => all.delete(peer)),
      );
    });
  });

  const pinger = setInterval(() => {
    for (const peer of all) {
      if (peer.socket.isPaused) continue; // its pongs are not read: it waits for us, not we for it
      if (peer.missedPongs >= maxMissedPongs) peer.socket.terminate();
      else if (peer.socket.readyState === peer.socket.OPEN) {
        peer.missedPongs++;
        peer.socket.ping();
      }
    }
  }, pingIntervalMs);
  pinger.unref();

  return {
    all,
    async close() {
      closed = true;
      clearInterval(pinger);
      const farewells = [...all].map(
        ({ socket }) =>
          new Promise<void>((resolve) => {
            const hangUp = setTimeout(() => socket.terminate(), handshakeMs);
            socket.once("close", () => {
              clearTimeout(hangUp);
              resolve();
            });
            socket.resume();
            socket.close(1012, "the server is shutting down");
          }),
      );
      await Promise.all(farewells);
    },
  };
}

function openPeer(
  server: EnvironmentServer,
  socket: WebSocket,
  knock: Parameters<typeof openSocketDoor>[2],
  onGone: (peer: Peer) => void,
): Peer {
  const door = openSocketDoor(
    server,
    {
      send(frame, sent) {
        // As bytes: a write of a header and a string is encoded by the slower path of Node's streams.
        const bytes = Buffer.from(frame);
        // Only a peer that does not keep up needs counting by what really left: a callback per frame is not free.
        if (socket.bufferedAmount > 0) socket.send(bytes, asText, sent);
        else {
          socket.send(bytes, asText);
          sent();
        }
      },
      close: (code, reason) => socket.close(code, reason),
      pause: () => socket.pause(),
      resume: () => socket.resume(),
    },
    knock,
  );
  const peer: Peer = { socket, door, missedPongs: 0 };
  socket.on("message", (data, isBinary) => {
    if (isBinary) door.onBinary();
    else door.onFrame(data.toString());
  });
  socket.on("pong", () => {
    peer.missedPongs = 0;
  });
  socket.on("error", () => undefined); // ws closes with the fitting code (1007, 1009) by itself
  socket.on("close", () => {
    onGone(peer);
    door.onClose();
  });
  return peer;
}

function listen(http: Server, where: { host: string; port: number } | { path: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once("error", (error: NodeJS.ErrnoException) => {
      if (!("path" in where) || error.code !== "EADDRINUSE") return reject(error);
      // A socket file that nobody listens on was left by a server that was killed.
      const probe = connectSocket(where.path, () => {
        probe.destroy();
        reject(error);
      });
      probe.once("error", (why: NodeJS.ErrnoException) => {
        try {
          // Somebody's file, or somebody's server that we may not reach: not ours to delete.
          if (why.code !== "ECONNREFUSED" || !lstatSync(where.path).isSocket()) return reject(error);
          unlinkSync(where.path);
        } catch (reason) {
          return reject(reason);
        }
        listen(http, where).then(resolve, reject);
      });
    });
    http.listen(where, () => {
      if ("path" in where) chmodSync(where.path, 0o600);
      http.removeAllListeners("error");
      resolve();
    });
  });
}

function addressOf(http: Server): string {
  const address = http.address();
  if (address === null || typeof address === "string") return String(address);
  return `http://${address.family === "IPv6" ? `[${address.address}]` : address.address}:${address.port}`;
}

function pathOf(request: IncomingMessage): string {
  const { url = "/" } = request;
  if (!url.startsWith("/") && URL.canParse(url)) return new URL(url).pathname; // as a client of a proxy asks
  const query = url.indexOf("?");
  return query === -1 ? url : url.slice(0, query);
}

const noQuery = new URLSearchParams();

function queryOf(request: IncomingMessage): URLSearchParams {
  const { url = "/" } = request;
  const query = url.indexOf("?");
  return query === -1 ? noQuery : new URLSearchParams(url.slice(query + 1));
}

function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** Hands on the whole body, or undefined if it is larger than the limit; nothing if the client leaves. */
function readBody(request: IncomingMessage, limit: number, done: (body: Buffer | undefined) => void): void {
  const chunks: Buffer[] = [];
  let length = 0;
  let over = Number(request.headers["content-length"] ?? 0) > limit;
  if (over) {
    done(undefined);
    return;
  }
  request.on("data", (chunk: Buffer) => {
    length += chunk.byteLength;
    if (length <= limit) chunks.push(chunk);
    else if (!over) {
      over = true;
      done(undefined);
    }
  });
  request.on("end", () => {
    if (!over) done(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
  });
  request.on("error", () => undefined); // nobody is left to answer
}

function write(response: ServerResponse, { status, headers, body }: HttpResponse): void {
  headers["content-length"] = String(Buffer.byteLength(body));
  response.writeHead(status, headers).end(body);
}

/** A client that sends too much is told so, and not listened to any further. */
function writeAndHangUp(response: ServerResponse, answer: HttpResponse): void {
  response.setHeader("connection", "close");
  response.on("finish", () => response.socket?.destroySoon());
  write(response, answer);
}

function refuseUpgrade(stream: Duplex, status: string, detail: string): void {
  const body = JSON.stringify({ detail });
  stream.once("finish", () => stream.destroy()); // else a peer that never hangs up would keep it open
  stream.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

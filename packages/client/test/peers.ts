import { once } from "node:events";
import { createServer as createHttpServer, type IncomingMessage } from "node:http";
import { createServer, type Server, type Socket } from "node:net";
import { type ServerOptions, type WebSocket, WebSocketServer } from "ws";

/** A server of a test's own, on a free port. */
export interface Peer extends AsyncDisposable {
  /** `ws://host:port` */
  readonly url: string;
}

/** A WebSocket server that knows no protocol: each socket is handed to `onSocket`. */
export async function openPeer(
  onSocket: (socket: WebSocket, request: IncomingMessage) => void,
  options: ServerOptions = {},
): Promise<Peer> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, ...options });
  server.on("connection", (socket, request) => {
    socket.on("error", () => undefined);
    onSocket(socket, request);
  });
  await once(server, "listening");
  return {
    url: addressOf(server.address()),
    async [Symbol.asyncDispose]() {
      for (const socket of server.clients) socket.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A peer that sends these frames, one for each message it gets. */
export function openScriptedPeer(...replies: string[]): Promise<Peer> {
  return openPeer((socket) => socket.on("message", () => socket.send(replies.shift() ?? "no more replies")));
}

/** A server that accepts connections, and says nothing unless `onSocket` does. */
export async function openTcpPeer(onSocket: (socket: Socket) => void = () => undefined): Promise<Peer> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    onSocket(socket.resume());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: addressOf(server.address()),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A server that gives one answer to every HTTP request, keeps what it was asked, and accepts any WebSocket. */
export async function openHttpPeer(
  status: number,
  answer: string,
): Promise<Peer & { requests: IncomingMessage[]; bodies: string[] }> {
  const requests: IncomingMessage[] = [];
  const bodies: string[] = [];
  const server = createHttpServer(async (request, response) => {
    requests.push(request);
    bodies.push((await request.toArray()).join(""));
    response.writeHead(status, { "content-type": "application/json" }).end(answer);
  });
  const sockets = new WebSocketServer({ server });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: addressOf(server.address()),
    requests,
    bodies,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function addressOf(address: ReturnType<Server["address"]>): string {
  if (typeof address === "object" && address !== null) return `ws://127.0.0.1:${address.port}`;
  throw new TypeError("the peer does not listen on a port");
}

/** The frame of an outcome. */
export function observation(data: object, beside: object = { reward: null, done: false }): string {
  return JSON.stringify({ type: "observation", data: { observation: data, ...beside } });
}

/** The frame of an error. */
export function errorFrame(code: string, message = "no", more: object = {}): string {
  return JSON.stringify({ type: "error", data: { message, code, ...more } });
}

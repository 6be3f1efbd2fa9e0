// The least a server could do. A subject is measured against one of these in the same run, never against a stored number.

import { createServer as createHttpServer } from "node:http";
import { WebSocketServer } from "ws";
import { type Action, action, openGame } from "./game.ts";

/** Answers every frame with the same bytes. */
export function serveRawEcho(observationBytes: number): Promise<string> {
  const reply = Buffer.from(JSON.stringify({ type: "observation", data: openGame(observationBytes).step(action) }));
  return listenForSockets((send) => () => send(reply));
}

/** Parses each frame, awaits the step, and serialises the reply. */
export function serveJsonEcho(observationBytes: number): Promise<string> {
  return listenForSockets((send) => {
    const game = openGame(observationBytes);
    const step = async (taken: Action) => game.step(taken);
    return async (frame) => {
      const { data }: { data: Action } = JSON.parse(frame.toString());
      send(JSON.stringify({ type: "observation", data: await step(data) }));
    };
  });
}

type Respond = (frame: { toString(): string }) => void;

async function listenForSockets(open: (send: (reply: string | Buffer) => void) => Respond): Promise<string> {
  const http = createHttpServer();
  const sockets = new WebSocketServer({ server: http, perMessageDeflate: false, clientTracking: false });
  sockets.on("connection", (socket) => {
    const text = { binary: false };
    socket.on(
      "message",
      open((reply) => socket.send(reply, text)),
    );
  });
  return listen(http);
}

/** A bare `node:http` handler: collects the body, parses it, awaits the step, and serialises the answer. */
export function serveHttpJson(observationBytes: number): Promise<string> {
  const game = openGame(observationBytes);
  const step = async (taken: Action) => game.step(taken);
  const http = createHttpServer({ keepAliveTimeout: 65_000 }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", async () => {
      const body: { action: Action } = JSON.parse(Buffer.concat(chunks).toString());
      const answer = JSON.stringify(await step(body.action));
      response
        .writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(answer) })
        .end(answer);
    });
  });
  return listen(http);
}

function listen(http: ReturnType<typeof createHttpServer>): Promise<string> {
  return new Promise((resolve, reject) => {
    http.once("error", reject);
    http.listen(0, "127.0.0.1", () => {
      const address = http.address();
      resolve(`http://127.0.0.1:${typeof address === "object" ? address?.port : address}`);
    });
  });
}

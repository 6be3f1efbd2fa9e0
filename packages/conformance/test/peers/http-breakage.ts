import { Buffer } from "node:buffer";
import { connect, createServer, type Socket } from "node:net";
import { isObject, parseJson } from "../../src/json.ts";
import type { Breakage, BrokenPeer, PassingAnswer, PassingRequest } from "./broken.ts";
import { rewriting } from "./catches.ts";
import { rightPeers } from "./right.ts";

type Change = (body: Record<string, unknown>) => unknown;

/** Changes the JSON of the answers at one path that succeed. */
export function answering(path: string, change: Change): Breakage {
  const rewrite = rewriting(change);
  return {
    answer: ({ status, body }, asked) => (status === 200 && asked.path === path ? { body: rewrite(body) } : {}),
  };
}

/** Changes answers with this status. */
export function answeringStatus(
  status: number,
  change: (answer: PassingAnswer, asked: PassingRequest) => Partial<PassingAnswer>,
): Breakage {
  return { answer: (answer, asked) => (answer.status === status ? change(answer, asked) : {}) };
}

/** Changes the text of the bodies that a client sends. */
export function asking(change: (body: string, asked: PassingRequest) => string): Breakage {
  return { request: (asked) => ({ body: change(asked.body, asked) }) };
}

/** Changes the JSON objects that a client sends. */
export function askingJson(change: Change): Breakage {
  return asking((body) => (isObject(parseJson(body)) ? rewriting(change)(body) : body));
}

export function without<T extends object, K extends keyof T>(record: T, key: K): Omit<T, K> {
  const { [key]: _, ...rest } = record;
  return rest;
}

/** A workbench whose answers are changed as bytes: what no HTTP library lets a server send. */
export async function openRewritten(change: (text: string) => string): Promise<BrokenPeer> {
  const right = await rightPeers.workbench();
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(new URL(right.url).port), "127.0.0.1");
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
    }
    client.pipe(upstream);
    upstream.on("data", (chunk) => client.write(Buffer.from(change(chunk.toString("latin1")), "latin1")));
    upstream.on("close", () => client.end());
    client.on("close", () => upstream.destroy());
  });
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await right[Symbol.asyncDispose]();
    },
  };
}

import { connect, createServer, type Socket } from "node:net";
import { createFrameParser, encodeFrame, type Frame } from "../../src/wire/frames.ts";
import type { BrokenPeer } from "./broken.ts";

/** What a breakage of frames can do besides passing one on. */
export interface FramePassage {
  /** Sends a frame to the client, or to the server, with the mask that is due there. */
  toClient(frame: Partial<Frame> & { opcode: number }): void;
  toServer(frame: Partial<Frame> & { opcode: number }): void;
  /** Ends both sides without a word. */
  cut(): void;
}

/** How a peer differs from a right one in its frames. What is missing passes frames as they are, but masked rightly. */
export interface FrameBreakage {
  /** A memory for each connection; called when it opens. */
  open: (passage: FramePassage) => {
    onClientFrame?: (frame: Frame) => void;
    onServerFrame?: (frame: Frame) => void;
  };
}

const upgraded = /^HTTP\/1\.1 101 /;

/** Opens a peer that is right except for the frames that `breakage` changes. HTTP passes untouched. */
export async function openBrokenFrames(right: string, { open }: FrameBreakage): Promise<BrokenPeer> {
  const { hostname, port } = new URL(right);
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.on("error", () => other.destroy());
      socket.on("close", () => other.end());
      socket.on("end", () => other.end());
    }
    pass(client, upstream, open);
  });
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the broken peer listens on no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function pass(client: Socket, upstream: Socket, open: FrameBreakage["open"]): void {
  const write = (socket: Socket, bytes: Buffer): void => {
    if (socket.writable) socket.write(bytes);
  };
  const passage: FramePassage = {
    toClient: (frame) => write(client, encodeFrame(frame)),
    toServer: (frame) => write(upstream, encodeFrame({ ...frame, maskKey: Buffer.from([1, 2, 3, 4]) })),
    cut() {
      client.destroy();
      upstream.destroy();
    },
  };
  let head = Buffer.alloc(0);
  const onData = (chunk: Buffer): void => {
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf("\r\n\r\n");
    if (end < 0) return;
    upstream.off("data", onData);
    const rest = head.subarray(end + 4);
    if (!upgraded.test(head.toString("latin1"))) {
      client.write(head);
      upstream.pipe(client);
      return;
    }
    const { onClientFrame = passage.toServer, onServerFrame = passage.toClient } = open(passage);
    client.off("data", onRequest);
    const fromClient = createFrameParser();
    const fromServer = createFrameParser();
    client.on("data", (bytes: Buffer) => fromClient(bytes).forEach(onClientFrame));
    upstream.on("data", (bytes: Buffer) => fromServer(bytes).forEach(onServerFrame));
    client.write(head.subarray(0, end + 4));
    fromServer(rest).forEach(onServerFrame);
  };
  const onRequest = (chunk: Buffer): void => write(upstream, chunk);
  client.on("data", onRequest);
  upstream.on("data", onData);
}

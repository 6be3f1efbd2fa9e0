import { once } from "node:events";
import { routes } from "@openenv/schema";
import { WebSocket } from "ws";
import { type Latencies, measure, type OpenLoad } from "./closed-loop.ts";
import { action } from "./game.ts";

/** Sockets opened at a time: below the backlog of a listening socket. */
const openedAtATime = 100;

const resetFrame = JSON.stringify({ type: "reset", data: {} });
const stepFrame = JSON.stringify({ type: "step", data: action });

/** Raw `ws` clients, which drain their replies: the load is the same for a subject and its floor. */
export async function openSockets(url: string, sessions: number): Promise<OpenLoad> {
  const address = url.replace(/^http/, "ws") + routes.ws;
  const sockets: WebSocket[] = [];
  while (sockets.length < sessions) {
    const batch = Math.min(openedAtATime, sessions - sockets.length);
    sockets.push(...(await Promise.all(Array.from({ length: batch }, () => openSocket(address)))));
  }
  return {
    run: (durationMs) =>
      measure(durationMs, (untilMs, latencies) =>
        Promise.all(sockets.map((socket) => keepBusy(socket, untilMs, latencies))),
      ),
    async close() {
      await Promise.all(
        sockets.map((socket) => {
          socket.close();
          return once(socket, "close");
        }),
      );
    },
  };
}

/** Opens a socket; its session has answered a reset and a step. */
async function openSocket(address: string): Promise<WebSocket> {
  const socket = new WebSocket(address, { perMessageDeflate: false });
  await once(socket, "open");
  for (const frame of [resetFrame, stepFrame]) {
    socket.send(frame);
    const [reply] = await once(socket, "message");
    assertObservation(reply);
  }
  return socket;
}

function keepBusy(socket: WebSocket, untilMs: number, latencies: Latencies): Promise<void> {
  return new Promise((resolve, reject) => {
    let startMs = performance.now();
    function onMessage(reply: unknown): void {
      const endMs = performance.now();
      latencies.add(endMs - startMs);
      startMs = endMs;
      if (endMs < untilMs) {
        socket.send(stepFrame);
        return;
      }
      socket.off("message", onMessage);
      socket.off("close", onClose);
      try {
        assertObservation(reply);
        resolve();
      } catch (reason) {
        reject(reason);
      }
    }
    const onClose = (code: number): void => reject(new Error(`a socket was closed under load (${code})`));
    socket.on("message", onMessage);
    socket.on("close", onClose);
    socket.send(stepFrame);
  });
}

function assertObservation(reply: unknown): void {
  const text = String(reply);
  if (!text.startsWith('{"type":"observation"')) throw new Error(`no observation: ${text.slice(0, 200)}`);
}

import type { Socket } from "node:net";
import type { RunningProgram } from "@openenv/sandbox";
import { settle } from "./output.ts";

export type Message = Record<string, unknown>;

/** What came of waiting for a message. `time`: the deadline passed; `aborted`: the step was given up. */
export type Received =
  | { kind: "message"; message: Message }
  | { kind: "ended" | "flood" | "time" }
  | { kind: "aborted"; reason: unknown };

/** The private channel to a runner. Its programs' own output never travels on it. */
export interface Channel {
  send(message: Message): void;
  /** The next message with this id. Others are dropped: they are forged, or answers that came too late. */
  receive(id: string, limits: { timeoutMs: number; signal: AbortSignal }): Promise<Received>;
}

/** Longest line a runner may send, in characters. */
const largestLine = 12 * 1024 * 1024;
/** A thousand messages that nobody waits for are forged, and no different from one that has no end. */
const largestInbox = 1000;

export function openChannel(program: RunningProgram): Channel {
  const [requests, replies] = program.pipes;
  const inbox: Message[] = [];
  let state: "open" | "flood" | "ended" = "open";
  let wake = () => {};

  const flood = () => {
    state = "flood";
    replies?.pause();
    wake();
  };
  const accept = (text: string) => {
    const message = parseMessage(text);
    if (message !== undefined) inbox.push(message);
    if (inbox.length > largestInbox) flood();
    wake();
  };
  if (replies !== undefined) readLines(replies, accept, flood);
  program.exited.then(async () => {
    await settle(replies === undefined ? [] : [replies]);
    state = "ended";
    wake();
  });

  return {
    send(message) {
      requests?.write(`${JSON.stringify(message)}\n`);
    },
    async receive(id, { timeoutMs, signal }) {
      const deadline = AbortSignal.timeout(timeoutMs);
      const stop = AbortSignal.any([deadline, signal]);
      for (;;) {
        for (let message = inbox.shift(); message !== undefined; message = inbox.shift()) {
          if (message.id === id) return { kind: "message", message };
        }
        if (state !== "open") return { kind: state };
        if (signal.aborted) return { kind: "aborted", reason: signal.reason };
        if (deadline.aborted) return { kind: "time" };
        await new Promise<void>((resolve) => {
          wake = resolve;
          stop.addEventListener("abort", () => resolve(), { once: true });
        });
      }
    },
  };
}

function readLines(stream: Socket, onLine: (line: string) => void, onFlood: () => void): void {
  let pieces: string[] = [];
  let length = 0;
  stream.setEncoding("utf8").on("data", (text: string) => {
    const [first = "", ...rest] = text.split("\n");
    pieces.push(first);
    length += first.length;
    for (const next of rest) {
      onLine(pieces.join(""));
      pieces = [next];
      length = next.length;
    }
    if (length > largestLine) onFlood();
  });
}

function parseMessage(text: string): Message | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

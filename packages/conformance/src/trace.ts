import { excerpt } from "./json.ts";

/** One thing that crossed the wire during a check. `text` is cut after 400 characters. */
export interface TraceLine {
  direction: "sent" | "received";
  /** Which connection, as `ws#1` or `http#2`. */
  channel: string;
  text: string;
}

/** What crossed the wire during one check: how it began, and how it ended. */
export interface Trace {
  readonly lines: readonly TraceLine[];
  channel(kind: "ws" | "http" | "client"): TraceChannel;
}

export interface TraceChannel {
  sent(text: string): void;
  received(text: string): void;
}

/** Lines that are kept of the beginning, and as many of the end. */
const kept = 30;

export function createTrace(): Trace {
  const first: TraceLine[] = [];
  const last: TraceLine[] = [];
  let left = 0;
  let channels = 0;
  return {
    get lines() {
      if (left === 0) return [...first, ...last];
      const text = `${left} more lines`;
      return [...first, { direction: "received" as const, channel: "…", text }, ...last];
    },
    channel(kind) {
      channels += 1;
      const channel = `${kind}#${channels}`;
      const record = (direction: TraceLine["direction"], text: string): void => {
        (first.length < kept ? first : last).push({ direction, channel, text: excerpt(text) });
        if (last.length > kept) {
          last.shift();
          left += 1;
        }
      };
      return { sent: (text) => record("sent", text), received: (text) => record("received", text) };
    },
  };
}

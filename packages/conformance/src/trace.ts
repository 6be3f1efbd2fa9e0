import { excerpt } from "./json.ts";

/** One thing that crossed the wire during a check. `text` is cut after 400 characters. */
export interface TraceLine {
  direction: "sent" | "received";
  /** Which connection, as `ws#1` or `http#2`. */
  channel: string;
  text: string;
}

/** What crossed the wire during one check, the newest lines kept. */
export interface Trace {
  readonly lines: readonly TraceLine[];
  channel(kind: "ws" | "http" | "client"): TraceChannel;
}

export interface TraceChannel {
  sent(text: string): void;
  received(text: string): void;
}

const longest = 60;

export function createTrace(): Trace {
  const lines: TraceLine[] = [];
  let channels = 0;
  return {
    lines,
    channel(kind) {
      channels += 1;
      const channel = `${kind}#${channels}`;
      const record = (direction: TraceLine["direction"], text: string): void => {
        if (lines.length === longest) lines.shift();
        lines.push({ direction, channel, text: excerpt(text) });
      };
      return { sent: (text) => record("sent", text), received: (text) => record("received", text) };
    },
  };
}

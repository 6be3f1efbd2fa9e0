import { isUtf8 } from "node:buffer";
import { closePayload, createFrameParser, type Frame, opcode } from "./frames.ts";

/** What a WebSocket peer sent, fragments joined. `broken` is a breach of RFC 6455 by the peer. */
export type Incoming =
  | { kind: "text"; text: string }
  | { kind: "binary"; payload: Buffer }
  | { kind: "ping"; payload: Buffer }
  | { kind: "pong"; payload: Buffer }
  | { kind: "close"; code: number | undefined; reason: string }
  | { kind: "broken"; why: string };

/** Reads a byte stream as messages. `fromClient` says which side sent it: clients mask, servers do not. */
export function createMessageReader(fromClient: boolean): (chunk: Buffer) => Incoming[] {
  const parse = createFrameParser();
  let started: { kind: "text" | "binary"; parts: Buffer[] } | undefined;

  function read(frame: Frame): Incoming | undefined {
    if (frame.rsv !== 0) return { kind: "broken", why: "a frame has a reserved bit set, and no extension was agreed" };
    if (frame.masked !== fromClient)
      return { kind: "broken", why: fromClient ? "a client's frame is unmasked" : "a server's frame is masked" };
    if (frame.opcode >= opcode.close) return readControl(frame);
    if ((frame.opcode === opcode.continuation) === (started === undefined))
      return { kind: "broken", why: "a fragment has no beginning, or a message began within another" };
    started ??= { kind: frame.opcode === opcode.text ? "text" : "binary", parts: [] };
    started.parts.push(frame.payload);
    if (!frame.fin) return undefined;
    const { kind, parts } = started;
    started = undefined;
    const [only = Buffer.alloc(0)] = parts;
    const payload = parts.length === 1 ? only : Buffer.concat(parts);
    if (kind === "binary") return { kind, payload };
    return isUtf8(payload)
      ? { kind, text: payload.toString("utf8") }
      : { kind: "broken", why: "a text message is not UTF-8" };
  }

  return (chunk) => parse(chunk).flatMap((frame) => read(frame) ?? []);
}

function readControl({ opcode: type, payload }: Frame): Incoming {
  if (type === opcode.ping) return { kind: "ping", payload };
  if (type === opcode.pong) return { kind: "pong", payload };
  if (type !== opcode.close) return { kind: "broken", why: `a frame has the reserved opcode ${type}` };
  if (payload.length < 2) return { kind: "close", code: undefined, reason: "" };
  return { kind: "close", code: payload.readUInt16BE(0), reason: payload.subarray(2).toString("utf8") };
}

/** The payload of the answer to a close frame: its own code again. */
export function echoedClose(code: number | undefined): Buffer {
  return code === undefined ? Buffer.alloc(0) : closePayload(code);
}

/**
 * The framing of RFC 6455, with nothing held back: a judge must be able to send what no client library would.
 * Both sides of the suite use it, the raw client and the scripted server.
 */

export const opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export interface Frame {
  fin: boolean;
  /** The three reserved bits as a number from 0 to 7. */
  rsv: number;
  opcode: number;
  masked: boolean;
  payload: Buffer;
}

export interface FrameOptions {
  fin?: boolean;
  rsv?: number;
  opcode: number;
  payload?: Buffer | string;
  /** Four bytes; undefined sends the frame unmasked, as servers must and clients must not. */
  maskKey?: Buffer | undefined;
}

export function encodeFrame({ fin = true, rsv = 0, opcode, payload = "", maskKey }: FrameOptions): Buffer {
  const body = Buffer.isBuffer(payload) ? Buffer.from(payload) : Buffer.from(payload, "utf8");
  const first = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  const maskBit = maskKey === undefined ? 0 : 0x80;
  const head = header(first, maskBit, body.length);
  if (maskKey === undefined) return Buffer.concat([head, body]);
  mask(body, maskKey);
  return Buffer.concat([head, maskKey, body]);
}

function header(first: number, maskBit: number, length: number): Buffer {
  if (length < 126) return Buffer.from([first, maskBit | length]);
  if (length < 65_536) {
    const head = Buffer.from([first, maskBit | 126, 0, 0]);
    head.writeUInt16BE(length, 2);
    return head;
  }
  const head = Buffer.alloc(10);
  head[0] = first;
  head[1] = maskBit | 127;
  head.writeBigUInt64BE(BigInt(length), 2);
  return head;
}

function mask(body: Buffer, key: Buffer): void {
  let done = 0;
  if (body.byteOffset % 4 === 0) {
    // Four bytes at a time: messages of many MiB would keep the suite busy, and not the peer.
    const words = new Uint32Array(body.buffer, body.byteOffset, body.length >> 2);
    const [word = 0] = new Uint32Array(new Uint8Array(key).buffer);
    for (let index = 0; index < words.length; index++) words[index] = (words[index] ?? 0) ^ word;
    done = words.length * 4;
  }
  for (let index = done; index < body.length; index++) body[index] = (body[index] ?? 0) ^ (key[index & 3] ?? 0);
}

/** The payload of a close frame: a code, and a reason for people. */
export function closePayload(code: number, reason = ""): Buffer {
  const payload = Buffer.alloc(2 + Buffer.byteLength(reason));
  payload.writeUInt16BE(code, 0);
  payload.write(reason, 2);
  return payload;
}

/** Cuts a byte stream into frames; call it with each chunk as it arrives. */
export function createFrameParser(): (chunk: Buffer) => Frame[] {
  let chunks: Buffer[] = [];
  let held = 0;
  let needed = 2;
  return (chunk) => {
    chunks.push(chunk);
    held += chunk.length;
    const frames: Frame[] = [];
    // Joining only when a whole frame is there keeps a frame of 90 MB linear in its size.
    while (held >= needed) {
      const bytes = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
      const taken = takeFrame(bytes);
      if (typeof taken === "number") {
        chunks = [bytes];
        needed = taken;
      } else {
        frames.push(taken.frame);
        chunks = [taken.rest];
        held = taken.rest.length;
        needed = 2;
      }
    }
    return frames;
  };
}

/** The first frame of `bytes`, or the number of bytes that must be there before it is worth to look again. */
function takeFrame(bytes: Buffer): { frame: Frame; rest: Buffer } | number {
  const [first = 0, second = 0] = bytes;
  const masked = (second & 0x80) !== 0;
  const short = second & 0x7f;
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
  const start = 2 + lengthBytes + (masked ? 4 : 0);
  if (bytes.length < start) return start;
  const length =
    lengthBytes === 0 ? short : lengthBytes === 2 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  if (bytes.length < start + length) return start + length;
  const payload = bytes.subarray(start, start + length);
  const body = masked ? Buffer.from(payload) : payload;
  if (masked) mask(body, bytes.subarray(start - 4, start));
  const frame: Frame = { fin: (first & 0x80) !== 0, rsv: (first >> 4) & 7, opcode: first & 15, masked, payload: body };
  return { frame, rest: bytes.subarray(start + length) };
}

import { describe, expect, test } from "vitest";
import { Violation } from "../src/verdict.ts";
import { closePayload, createFrameParser, encodeFrame, type FrameOptions, opcode } from "../src/wire/frames.ts";
import { handshakeBreach } from "../src/wire/handshake.ts";
import { createInbox } from "../src/wire/inbox.ts";
import { createMessageReader, type Incoming } from "../src/wire/messages.ts";

const maskKey = Buffer.from([0x12, 0x34, 0x56, 0x78]);

/** Lengths on both sides of every boundary of the header and of the words in which payloads are masked. */
const lengths = [0, 1, 2, 3, 4, 5, 124, 125, 126, 127, 128, 65_535, 65_536, 65_537, 2 ** 20 + 3];

/** The same bytes in chunks of a size. */
function chunks(bytes: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
}

function payloadOf(length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, index) => (index * 31 + 7) & 0xff));
}

describe("a frame", () => {
  const keys = [undefined, maskKey, Buffer.alloc(4)];
  const cases = lengths.flatMap((length) => keys.map((key) => ({ length, masked: key !== undefined, key })));

  test.each(cases)("of $length bytes, masked: $masked, comes out as it went in", ({ length, key }) => {
    const payload = payloadOf(length);
    const [frame, ...more] = createFrameParser()(encodeFrame({ opcode: opcode.binary, payload, maskKey: key }));
    expect(frame).toMatchObject({ fin: true, rsv: 0, opcode: opcode.binary, masked: key !== undefined });
    expect(frame?.payload.equals(payload)).toBe(true);
    expect(more).toEqual([]);
  });

  test.each([
    [{ opcode: opcode.text, payload: "Hello" }, "810548656c6c6f"],
    [{ opcode: opcode.text, payload: "Hello", maskKey: Buffer.from("37fa213d", "hex") }, "818537fa213d7f9f4d5158"],
    [{ opcode: opcode.text, fin: false, payload: "Hel" }, "010348656c"],
    [{ opcode: opcode.continuation, payload: "lo" }, "80026c6f"],
    [{ opcode: opcode.ping, payload: "Hello" }, "890548656c6c6f"],
    [{ opcode: 3, rsv: 5 }, "d300"],
    [{ opcode: opcode.close, payload: closePayload(1000, "bye") }, "880503e8627965"],
  ] satisfies [FrameOptions, string][])("%o has the bytes of RFC 6455", (frame, hex) => {
    expect(encodeFrame(frame).toString("hex")).toBe(hex);
  });

  test("leaves the payload that was handed in as it is", () => {
    const payload = Buffer.from("payload");
    encodeFrame({ opcode: opcode.text, payload, maskKey });
    expect(payload.toString()).toBe("payload");
  });

  test.each([1, 2, 3, 7, 1000])("and its neighbours come out whole from chunks of %i bytes", (size) => {
    const frames = [0, 5, 126, 70_000, 1].map((length) => ({
      opcode: opcode.binary,
      payload: payloadOf(length),
      maskKey,
    }));
    const parse = createFrameParser();
    const parsed = chunks(Buffer.concat(frames.map(encodeFrame)), size).flatMap((chunk) => parse(chunk));
    expect(parsed.map(({ payload }) => payload.length)).toEqual([0, 5, 126, 70_000, 1]);
    expect(parsed.every(({ payload }, index) => frames[index]?.payload.equals(payload))).toBe(true);
  });
});

function read(frames: readonly FrameOptions[], fromClient = false): Incoming[] {
  return createMessageReader(fromClient)(Buffer.concat(frames.map(encodeFrame)));
}

const dice = Buffer.from("\u{1f3b2}");

describe("the reader of messages", () => {
  test.each<[string, FrameOptions[], unknown[]]>([
    ["a text", [{ opcode: 1, payload: "ü" }], [{ kind: "text", text: "ü" }]],
    ["an empty text", [{ opcode: 1 }], [{ kind: "text", text: "" }]],
    [
      "a text cut within a character",
      [
        { opcode: 1, fin: false, payload: dice.subarray(0, 1) },
        { opcode: 0, fin: false, payload: dice.subarray(1, 3) },
        { opcode: 0, payload: dice.subarray(3) },
      ],
      [{ kind: "text", text: "\u{1f3b2}" }],
    ],
    [
      "control frames among fragments",
      [
        { opcode: 1, fin: false, payload: "a" },
        { opcode: 9, payload: "p" },
        { opcode: 10 },
        { opcode: 0, payload: "b" },
      ],
      [{ kind: "ping" }, { kind: "pong" }, { kind: "text", text: "ab" }],
    ],
    [
      "a binary message",
      [{ opcode: 2, payload: Buffer.from([0xff]) }],
      [{ kind: "binary", payload: Buffer.from([0xff]) }],
    ],
    [
      "a close with a reason",
      [{ opcode: 8, payload: closePayload(1008, "no") }],
      [{ kind: "close", code: 1008, reason: "no" }],
    ],
    ["a close without a code", [{ opcode: 8 }], [{ kind: "close", code: undefined, reason: "" }]],
  ])("reads %s", (_, frames, expected) => {
    const incoming = read(frames);
    expect(incoming).toHaveLength(expected.length);
    expect(incoming).toMatchObject(expected);
  });

  test.each<[string, FrameOptions[], boolean]>([
    ["a reserved bit", [{ opcode: 1, rsv: 4 }], false],
    ["a masked frame of a server", [{ opcode: 1, maskKey }], false],
    ["an unmasked frame of a client", [{ opcode: 1 }], true],
    ["a reserved opcode", [{ opcode: 11 }], false],
    ["a continuation of nothing", [{ opcode: 0 }], false],
    ["a message within a message", [{ opcode: 1, fin: false }, { opcode: 1 }], false],
    ["a text that is not UTF-8", [{ opcode: 1, payload: Buffer.from([0xff]) }], false],
  ])("tells %s as a breach", (_, frames, fromClient) => {
    expect(read(frames, fromClient)).toMatchObject([{ kind: "broken" }]);
  });
});

describe("a handshake", () => {
  const key = "dGhlIHNhbXBsZSBub25jZQ==";
  const accept = { "sec-websocket-accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" };
  const offer = { "Sec-WebSocket-Protocol": "chat, openenv", "Sec-WebSocket-Extensions": "permessage-deflate; a=1" };

  test.each([
    ["without anything to agree on", {}, accept],
    ["with a subprotocol that was offered", offer, { ...accept, "sec-websocket-protocol": "openenv" }],
    ["with an extension that was offered", offer, { ...accept, "sec-websocket-extensions": "permessage-deflate; b" }],
  ])("%s is right", (_, asked, answered) => {
    expect(handshakeBreach(key, asked, answered)).toBeUndefined();
  });

  test.each([
    ["without an answer to the key", {}, {}, "Accept"],
    ["with an answer to another key", {}, { "sec-websocket-accept": "AAAA" }, "Accept"],
    ["with a subprotocol of the server's own", offer, { ...accept, "sec-websocket-protocol": "mine" }, "mine"],
    ["with a subprotocol that nobody asked for", {}, { ...accept, "sec-websocket-protocol": "chat" }, "chat"],
    ["with an extension that nobody asked for", {}, { ...accept, "sec-websocket-extensions": "x-own" }, "x-own"],
  ])("%s is a breach", (_, asked, answered, word) => {
    expect(handshakeBreach(key, asked, answered)).toContain(word);
  });
});

describe("an inbox", () => {
  test("hands out what came, in order, whether it was waited for or not", async () => {
    const inbox = createInbox<number>();
    inbox.put(1);
    inbox.put(2);
    expect([await inbox.take("one", 1000), await inbox.take("two", 1000)]).toEqual([1, 2]);
    const waiting = [inbox.take("three", 1000), inbox.take("four", 1000)];
    inbox.put(3);
    inbox.put(4);
    expect(await Promise.all(waiting)).toEqual([3, 4]);
  });

  test("holds silence against the peer, and keeps what comes later for the next who waits", async () => {
    const inbox = createInbox<number>();
    await expect(inbox.take("the answer", 5)).rejects.toThrow(Violation);
    await expect(inbox.take("the answer", 5)).rejects.toThrow("the answer");
    inbox.put(7);
    expect(await inbox.take("seven", 1000)).toBe(7);
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type ClientMessage,
  decodeClientMessage,
  decodeServerMessage,
  encodeClientMessage,
  encodeServerMessage,
  ProtocolError,
  type ServerMessage,
  TransportError,
  toErrorMessage,
} from "../src/index.ts";

const keysBut = (...taken: string[]) => fc.string().filter((key) => !taken.includes(key));
const jsonObject = fc.dictionary(fc.string(), fc.jsonValue());
const text = fc.string({ unit: "binary", maxLength: 100 });
const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const rpcId = fc.oneof(fc.string(), fc.maxSafeInteger(), fc.constant(null));

const resetOptions = fc
  .tuple(
    fc.dictionary(keysBut("seed", "episode_id"), fc.jsonValue()),
    fc.record(
      { seed: fc.option(fc.maxSafeInteger()), episode_id: fc.option(fc.string({ unit: "binary", maxLength: 255 })) },
      { requiredKeys: [] },
    ),
  )
  .map(([own, standard]) => ({ ...own, ...standard }));

const clientMessage: fc.Arbitrary<ClientMessage> = fc.oneof(
  fc.constant<ClientMessage>({ type: "reset" }),
  resetOptions.map((data): ClientMessage => ({ type: "reset", data })),
  fc.dictionary(keysBut("metadata"), fc.jsonValue()).map((data): ClientMessage => ({ type: "step", data })),
  jsonObject.map((metadata): ClientMessage => ({ type: "step", data: { metadata } })),
  fc.constant<ClientMessage>({ type: "state" }),
  fc.constant<ClientMessage>({ type: "close" }),
  jsonObject.map((data): ClientMessage => ({ type: "mcp", data })),
);

const serverMessage: fc.Arbitrary<ServerMessage> = fc.oneof(
  fc
    .record({ observation: jsonObject, reward: fc.option(finite), done: fc.boolean() })
    .map((data): ServerMessage => ({ type: "observation", data })),
  fc
    .record({ observation: jsonObject, reward: fc.option(finite), done: fc.boolean(), metadata: jsonObject })
    .map((data): ServerMessage => ({ type: "observation", data })),
  fc
    .record({ episode_id: fc.option(text), step_count: fc.nat() })
    .map((data): ServerMessage => ({ type: "state", data })),
  fc
    .tuple(rpcId, fc.jsonValue())
    .map(([id, result]): ServerMessage => ({ type: "mcp", data: { jsonrpc: "2.0", id, result } })),
  fc.tuple(rpcId, fc.integer(), text).map(([id, code, message]): ServerMessage => {
    return { type: "mcp", data: { jsonrpc: "2.0", id, error: { code, message, data: null } } };
  }),
  fc.record({ message: text, code: text }).map((data): ServerMessage => ({ type: "error", data })),
);

/** Frames from hopeless to nearly right. */
const anyFrame = fc.oneof(
  text,
  fc.json(),
  fc
    .record(
      {
        type: fc.oneof(
          fc.constantFrom("reset", "step", "state", "close", "mcp", "observation", "error", "hello", "__proto__"),
          fc.jsonValue(),
        ),
        data: fc.jsonValue(),
        extra: fc.jsonValue(),
      },
      { requiredKeys: [] },
    )
    .map((message) => JSON.stringify(message)),
  clientMessage.map((message) => encodeClientMessage(message)),
  serverMessage.map((message) => encodeServerMessage(message)),
  fc.tuple(clientMessage, fc.nat()).map(([message, at]) => encodeClientMessage(message).slice(0, at)),
);

/** What a function throws, or undefined. */
function thrownBy(work: () => unknown): unknown {
  try {
    work();
    return undefined;
  } catch (reason) {
    return reason;
  }
}

describe("decodeClientMessage", () => {
  test("throws nothing but protocol errors, whatever the frame", () => {
    fc.assert(
      fc.property(anyFrame, (frame) => {
        const thrown = thrownBy(() => decodeClientMessage(frame));
        expect(thrown === undefined || thrown instanceof ProtocolError).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test("throws what can be sent to the client and read there", () => {
    fc.assert(
      fc.property(anyFrame, (frame) => {
        const thrown = thrownBy(() => decodeClientMessage(frame));
        fc.pre(thrown instanceof ProtocolError);
        const { code, message } = thrown;
        expect(decodeServerMessage(encodeServerMessage(toErrorMessage(thrown)))).toMatchObject({
          type: "error",
          data: { code, message },
        });
      }),
    );
  });

  test("reads back every message that a client can encode", () => {
    fc.assert(
      fc.property(clientMessage, (message) => {
        const frame = encodeClientMessage(message);
        expect(encodeClientMessage(decodeClientMessage(frame))).toBe(frame);
      }),
      { numRuns: 1000 },
    );
  });

  test("refuses every integer that is not safe as a seed, by its name", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 2n ** 53n, max: 2n ** 1100n }), fc.boolean(), (magnitude, negative) => {
        const frame = `{"type":"reset","data":{"seed":${negative ? -magnitude : magnitude}}}`;
        expect(() => decodeClientMessage(frame)).toThrow(/data\.seed must be/);
      }),
    );
  });
});

describe("decodeServerMessage", () => {
  test("throws nothing but transport errors, whatever the frame", () => {
    fc.assert(
      fc.property(anyFrame, (frame) => {
        const thrown = thrownBy(() => decodeServerMessage(frame));
        expect(thrown === undefined || thrown instanceof TransportError).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test("reads back every message that a server can encode", () => {
    fc.assert(
      fc.property(serverMessage, (message) => {
        const frame = encodeServerMessage(message);
        expect(encodeServerMessage(decodeServerMessage(frame))).toBe(frame);
      }),
      { numRuns: 1000 },
    );
  });
});

import { describe, expect, test } from "vitest";
import {
  type ErrorCode,
  encodeClientMessage,
  encodeServerMessage,
  errorCodeFromStatus,
  errorCodes,
  isErrorCode,
  messageOf,
  ProtocolError,
  TransportError,
  toErrorMessage,
  toProtocolError,
} from "../src/index.ts";

const codes = Object.keys(errorCodes).filter(isErrorCode);

describe("codes and statuses", () => {
  test.each<[number, ErrorCode | undefined]>([
    [400, "UNKNOWN_TYPE"],
    [403, "MODE_ERROR"],
    [404, "SESSION_ERROR"],
    [422, "VALIDATION_ERROR"],
    [500, "EXECUTION_ERROR"],
    [503, "CAPACITY_REACHED"],
    [200, undefined],
    [405, undefined],
    [413, undefined],
    [0, undefined],
    [Number.NaN, undefined],
  ])("the status %s stands for %s", (status, code) => {
    expect(errorCodeFromStatus(status)).toBe(code);
  });

  test.each(codes)("the status of %s stands for a code of the same status", (code) => {
    const { status } = errorCodes[code];
    const answered = errorCodeFromStatus(status);
    expect(codes.filter((candidate) => errorCodes[candidate].status === status)).toContain(answered);
  });

  test.each(["toString", "constructor", "__proto__", "", "invalid_json", 422, null, undefined, ["INVALID_JSON"]])(
    "%j is no error code",
    (value) => {
      expect(isErrorCode(value)).toBe(false);
    },
  );

  test.each(codes)("%s is an error code", (code) => {
    expect(isErrorCode(code)).toBe(true);
  });
});

describe("toProtocolError", () => {
  const throwsInToString = {
    toString() {
      throw new Error("no text");
    },
  };

  test.each<[string, unknown, string]>([
    ["a string", "boom", "boom"],
    ["the empty string", "", ""],
    ["null", null, "null"],
    ["undefined", undefined, "undefined"],
    ["a number", 7, "7"],
    ["a big integer", 10n, "10"],
    ["a symbol", Symbol("secret"), "Symbol(secret)"],
    ["an error", new Error("boom"), "boom"],
    ["an error without text", new RangeError(), "RangeError"],
    ["a transport error", new TransportError("closed", "gone"), "gone"],
    ["an object whose toString throws", throwsInToString, "unprintable error"],
    ["an object without a prototype", Object.create(null), "unprintable error"],
    ["a list that holds itself", selfContaining(), ""],
    ["a function", Math.max, "function max() { [native code] }"],
  ])("turns %s into an EXECUTION_ERROR that keeps it as its cause", (_, reason, message) => {
    const error = toProtocolError(reason);
    expect(error).toMatchObject({ name: "ProtocolError", code: "EXECUTION_ERROR", message, details: {} });
    expect(error.cause).toBe(reason);
  });

  class Hostile extends Error {
    override get message(): string {
      throw new Error("no text");
    }
  }

  const hostile: Array<[string, unknown]> = [
    ["an error whose message throws", new Hostile()],
    ["an error whose message cannot be text", Object.assign(new Error(), { message: throwsInToString })],
    [
      "a proxy whose prototype cannot be read",
      new Proxy(
        {},
        {
          getPrototypeOf() {
            throw new Error("no prototype");
          },
        },
      ),
    ],
  ];

  test.each(hostile)("turns %s into an EXECUTION_ERROR", (_, reason) => {
    expect(toProtocolError(reason)).toMatchObject({ code: "EXECUTION_ERROR" });
  });

  test("returns a protocol error as it is", () => {
    const error = new ProtocolError("SESSION_ERROR", "gone");
    expect(toProtocolError(error)).toBe(error);
  });

  test("has no cause where none was given", () => {
    expect("cause" in new ProtocolError("SESSION_ERROR", "gone")).toBe(false);
  });
});

describe("messageOf", () => {
  test("never holds a stack trace", () => {
    const error = new Error("boom");
    expect(messageOf(error)).not.toContain("error.test");
    expect(error.stack).toContain("error.test");
  });
});

describe("toErrorMessage", () => {
  test("sends the details beside message and code", () => {
    const error = new ProtocolError("CAPACITY_REACHED", "full", { details: { active_sessions: 4, max_sessions: 4 } });
    expect(toErrorMessage(error)).toStrictEqual({
      type: "error",
      data: { active_sessions: 4, max_sessions: 4, message: "full", code: "CAPACITY_REACHED" },
    });
  });

  test("does not let details replace message or code", () => {
    const error = new ProtocolError("SESSION_ERROR", "gone", { details: { code: "X", message: "Y" } });
    expect(toErrorMessage(error).data).toStrictEqual({ code: "SESSION_ERROR", message: "gone" });
  });

  test("sends neither the cause nor a stack trace", () => {
    const frame = encodeServerMessage(toErrorMessage(toProtocolError(new Error("boom", { cause: "password" }))));
    expect(JSON.parse(frame)).toStrictEqual({ type: "error", data: { message: "boom", code: "EXECUTION_ERROR" } });
  });
});

describe("encodeClientMessage", () => {
  test.each(["\ud800", "a\udc00b", "\\\ud83d"])("refuses half a surrogate pair in %j", (text) => {
    expect(() => encodeClientMessage({ type: "reset", data: { text } })).toThrow(TypeError);
  });

  test.each(["\u{1f600}", "\\ud800", "\\\\ud800 \u{1f600}"])("sends %j as it is", (text) => {
    const message = { type: "reset" as const, data: { text } };
    expect(JSON.parse(encodeClientMessage(message))).toEqual(message);
  });
});

describe("encodeServerMessage", () => {
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;

  test.each([
    ["a big integer", { n: 10n }],
    ["a cycle", cycle],
    [
      "a toJSON that throws",
      {
        toJSON() {
          throw new Error("no");
        },
      },
    ],
    ["NaN", { list: [1, { deep: Number.NaN }] }],
    ["an infinity beside a null", { a: null, b: Number.NEGATIVE_INFINITY }],
  ])("refuses %s in an observation as the environment's failure", (_, observation) => {
    const data = { observation, reward: null, done: false };
    expect(() => encodeServerMessage({ type: "observation", data })).toThrow(
      expect.objectContaining({ code: "EXECUTION_ERROR" }),
    );
  });

  test.each([[{}], [{ a: null }], [{ reward: null }], [{ text: "null" }]])("sends %j as it is", (observation) => {
    const message = { type: "observation" as const, data: { observation, reward: null, done: false } };
    expect(encodeServerMessage(message)).toBe(JSON.stringify(message));
  });
});

function selfContaining(): unknown[] {
  const list: unknown[] = [];
  list.push(list);
  return list;
}

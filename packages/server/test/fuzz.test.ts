import { decodeServerMessage } from "@openenv/schema";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createServer } from "../src/index.ts";
import { silent, trickster } from "./environments.ts";

const frames = 10_000;

const key = fc.oneof(
  fc.constantFrom(
    "type",
    "data",
    "seed",
    "episode_id",
    "deed",
    "value",
    "metadata",
    "tool_name",
    "arguments",
    "__proto__",
    "constructor",
    "toString",
  ),
  fc.string(),
);
const leaf = fc.oneof(
  fc.constantFrom(
    "reset",
    "step",
    "state",
    "mcp",
    "hello",
    "call_tool",
    "list_tools",
    "throw",
    "bigint",
    "2.0",
    "tools/call",
    "shout",
  ),
  fc.jsonValue(),
  fc.double(),
  fc.constantFrom(2 ** 53, -(2 ** 60), 1e308, -0),
);
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    leaf,
    fc.array(tie("tree"), { maxLength: 4 }),
    fc
      .array(fc.tuple(key, tie("tree")), { maxLength: 5 })
      .map((entries) => `\u0000${entries.map(([k, v]) => `${JSON.stringify(k)}:${write(v)}`).join(",")}`),
  ),
}));

/** Objects are generated as text, so that keys can repeat and `__proto__` is a key like any other. */
function write(value: unknown): string {
  if (typeof value === "string" && value.startsWith("\u0000")) return `{${value.slice(1)}}`;
  if (Array.isArray(value)) return `[${value.map(write).join(",")}]`;
  return JSON.stringify(value) ?? "null";
}

const envelope = fc
  .tuple(fc.constantFrom("reset", "step", "state", "mcp", "Step", ""), tree, fc.boolean())
  .map(([type, data, extra]) => `{"type":${JSON.stringify(type)},"data":${write(data)}${extra ? ',"id":1' : ""}}`);
const deed = fc
  .constantFrom("greet", "throw", "reject", "bad-observation", "no-outcome", "bigint", "cycle", "throw-nothing", "echo")
  .map((name) => `{"type":"step","data":{"deed":"${name}"}}`);
const damaged = fc.tuple(envelope, fc.nat(), fc.string({ maxLength: 3 })).map(([frame, at, noise]) => {
  const cut = at % (frame.length + 1);
  return frame.slice(0, cut) + noise + frame.slice(cut + 1);
});
const frame = fc.oneof(envelope, deed, damaged, tree.map(write), fc.string(), fc.string({ unit: "binary" }));

test(`each of ${frames} generated frames gets exactly one reply, and the next valid step works`, async () => {
  const server = await createServer(trickster().environment, { logger: silent });
  const session = await server.sessions.open("socket");
  const check = fc.asyncProperty(frame, async (text) => {
    const reply = await session.receive(text);
    expect(decodeServerMessage(reply ?? "").type).toMatch(/^(observation|state|mcp|error)$/);
    const next = await session.receive('{"type":"step","data":{"deed":"greet"}}');
    expect(next).toBe('{"type":"observation","data":{"observation":{"done":"greet"},"reward":null,"done":false}}');
  });
  await fc.assert(check, { numRuns: frames });
  await server.close();
}, 120_000);

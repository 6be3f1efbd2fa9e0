import { expect, test } from "vitest";
import { connect } from "../src/index.ts";
import { adder } from "./environments.ts";
import { errorFrame, observation, openPeer, openScriptedPeer } from "./peers.ts";

test.each([
  ["a reward of true", { reward: true, done: false }, { reward: 1, done: false }],
  ["a reward of false", { reward: false, done: true }, { reward: 0, done: true }],
  ["no reward", { done: true }, { reward: null, done: true }],
  ["no done", { reward: 2 }, { reward: 2, done: false }],
  ["neither", {}, { reward: null, done: false }],
  ["more keys than the protocol knows", { reward: 1, done: false, info: {} }, { reward: 1, done: false }],
])("an outcome with %s is understood", async (_, beside, outcome) => {
  await using peer = await openScriptedPeer(observation({ x: 1 }, beside));
  await using client = await connect(peer.url);
  await expect(client.step({})).resolves.toEqual({ observation: { x: 1 }, metadata: {}, ...outcome });
});

test.each([
  ["beside the reward", observation({ x: 1 }, { metadata: { from: "beside" } }), { from: "beside" }],
  ["in the observation", observation({ x: 1, metadata: { from: "inside" } }), { from: "inside" }],
  [
    "at both places",
    observation({ metadata: { from: "inside" } }, { metadata: { from: "beside" } }),
    { from: "beside" },
  ],
  ["as a list, which is no metadata", observation({ metadata: [1] }), {}],
])("metadata %s is found", async (_, frame, metadata) => {
  await using peer = await openScriptedPeer(frame);
  await using client = await connect(peer.url);
  await expect(client.step({})).resolves.toMatchObject({ metadata });
});

test("an observation of a typed environment may carry metadata as older servers send it", async () => {
  await using peer = await openScriptedPeer(observation({ sum: 1, draw: 0, metadata: { from: "inside" } }));
  await using client = await connect(peer.url, { environment: adder });
  await expect(client.reset()).resolves.toMatchObject({ observation: { sum: 1 }, metadata: { from: "inside" } });
});

test("a Python server's validation error keeps its findings", async () => {
  const errors = [
    {
      type: "missing",
      loc: ["message"],
      msg: "Field required",
      input: {},
      url: "https://errors.pydantic.dev/2/v/missing",
    },
  ];
  await using peer = await openPeer((socket) =>
    socket.on("message", () =>
      socket.send(
        JSON.stringify({ type: "error", data: { message: "Invalid message", code: "VALIDATION_ERROR", errors } }),
      ),
    ),
  );
  await using client = await connect(peer.url);
  await expect(client.step({})).rejects.toMatchObject({
    name: "ProtocolError",
    code: "VALIDATION_ERROR",
    message: "Invalid message",
    details: { errors },
  });
});

test("an error whose code is not in the table is an EXECUTION_ERROR that tells the code, and the session goes on", async () => {
  await using peer = await openScriptedPeer(errorFrame("QUOTA_EXCEEDED", "too much"), observation({}));
  await using client = await connect(peer.url);
  await expect(client.step({})).rejects.toMatchObject({
    code: "EXECUTION_ERROR",
    message: "too much",
    details: { code: "QUOTA_EXCEEDED" },
  });
  await expect(client.step({})).resolves.toMatchObject({ observation: {} });
});

test("a reply in a binary frame is read like any other", async () => {
  await using peer = await openPeer((socket) =>
    socket.on("message", () => socket.send(Buffer.from(observation({ text: "ü" })), { binary: true })),
  );
  await using client = await connect(peer.url);
  await expect(client.step({})).resolves.toMatchObject({ observation: { text: "ü" } });
});

test.each([
  [
    "a call result in snake_case",
    { content: [{ type: "text", text: "4" }], structured_content: { result: 4 }, data: 4, is_error: false },
    4,
    [{ type: "text", text: "4" }],
  ],
  ["a value that is no object", 4, 4, []],
  ["a list", [1, 2], [1, 2], []],
  ["an object of the tool's own", { answer: 4 }, { answer: 4 }, []],
  ["null", null, null, []],
  ["nothing", undefined, null, []],
])("a tool's result that is %s is understood", async (_, result, data, content) => {
  await using peer = await openScriptedPeer(observation({ tool_name: "t", result }));
  await using client = await connect(peer.url);
  await expect(client.callTool("t")).resolves.toMatchObject({ toolName: "t", data, content, error: null });
});

test("a tool's error of a kind that is not in the table is told as it is", async () => {
  const error = { error_type: "rate_limited", message: "slower" };
  await using peer = await openScriptedPeer(observation({ tool_name: "t", result: null, error }));
  await using client = await connect(peer.url);
  await expect(client.callTool("t")).resolves.toMatchObject({ error: { type: "rate_limited", message: "slower" } });
});

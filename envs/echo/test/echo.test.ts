import { readFileSync } from "node:fs";
import { type Client, connect } from "@openenv/client";
import { createServer, type EnvironmentServer } from "@openenv/server";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import echo from "../src/index.ts";

let server: EnvironmentServer;
beforeAll(async () => {
  server = await createServer(echo);
});
afterAll(() => server.close());

let client: Client;
beforeEach(async () => {
  client = await connect(server);
  return () => client.close();
});

const input = {
  type: "object",
  properties: { message: { type: "string" } },
  required: ["message"],
  additionalProperties: false,
};

describe("the echo environment", () => {
  test("has the tools of the Python echo_env, with its names, arguments and descriptions", async () => {
    await expect(client.listTools()).resolves.toEqual([
      {
        name: "echo_message",
        description: "Echo back the provided message.",
        input_schema: expect.objectContaining({
          ...input,
          properties: { message: expect.objectContaining({ type: "string" }) },
        }),
      },
      {
        name: "echo_with_length",
        description: "Echo back the message with its length.",
        input_schema: expect.objectContaining({ required: ["message"] }),
      },
    ]);
  });

  test("is named as the Python one", () => {
    expect(server.metadata()).toMatchObject({ name: "echo_env" });
  });

  test("publishes call_tool as its action, by which trainers know that it has only tools", () => {
    expect(server.schema().action).toMatchObject({ properties: { type: { const: "call_tool" } } });
  });

  test("is ready after a reset: an empty observation, no reward, never done", async () => {
    await expect(client.reset()).resolves.toEqual({
      observation: {},
      reward: null,
      done: false,
      metadata: { status: "ready", message: "Echo environment ready!" },
    });
  });

  test("counts its steps, and starts again at a reset", async () => {
    await client.reset({ episodeId: "mine" });
    await client.callTool("echo_message", { message: "a" });
    await client.callTool("echo_with_length", { message: "b" });
    await expect(client.state()).resolves.toEqual({ episode_id: "mine", step_count: 2 });
    await client.reset({ episodeId: "next" });
    await expect(client.state()).resolves.toEqual({ episode_id: "next", step_count: 0 });
  });
});

describe("echo_message", () => {
  test.each(["Hello", "", " \t\n", "null", '{"a":1}', "Grüße, 世界 👋🏽", "\u0000", "x".repeat(100_000)])(
    "gives %j back as it is",
    async (message) => {
      await expect(client.callTool("echo_message", { message })).resolves.toMatchObject({
        toolName: "echo_message",
        data: message,
        error: null,
        reward: null,
        done: false,
      });
    },
  );

  test("answers in the shape that Python clients read", async () => {
    const action = { type: "call_tool", tool_name: "echo_message", arguments: { message: "Hi!" } };
    const { observation } = await client.step(action);
    expect(observation).toEqual({
      tool_name: "echo_message",
      result: {
        content: [{ type: "text", text: "Hi!", annotations: null, meta: null }],
        structured_content: { result: "Hi!" },
        meta: null,
        data: "Hi!",
        is_error: false,
      },
      error: null,
    });
  });
});

describe("echo_with_length", () => {
  test.each([
    ["", 0],
    ["Hello", 5],
    ["héllo", 5],
    ["世界", 2],
    ["👋", 1],
    ["👋🏽", 2],
    ["👩‍👩‍👧", 5],
    ["e\u0301", 2],
  ])("counts the code points of %j, as Python does: %i", async (message, length) => {
    await expect(client.callTool("echo_with_length", { message })).resolves.toMatchObject({
      data: { message, length },
      error: null,
    });
  });
});

describe("a call that is wrong is told in the observation, and the episode goes on", () => {
  test.each<[string, string, Record<string, unknown>, string]>([
    ["an unknown tool", "echo", { message: "a" }, "tool_not_found"],
    ["no message", "echo_message", {}, "invalid_args"],
    ["a message that is no text", "echo_with_length", { message: 1 }, "invalid_args"],
    ["an argument too many", "echo_message", { message: "a", loud: true }, "invalid_args"],
  ])("%s", async (_, name, args, type) => {
    await expect(client.callTool(name, args)).resolves.toMatchObject({ data: null, error: { type } });
    await expect(client.callTool("echo_message", { message: "on" })).resolves.toMatchObject({ data: "on" });
  });
});

test("a step that is no call of a tool is refused, and the session goes on", async () => {
  await expect(client.step({ type: "dance" })).rejects.toMatchObject({ code: "VALIDATION_ERROR" });
  await expect(client.callTool("echo_message", { message: "on" })).resolves.toMatchObject({ data: "on" });
});

test("the source is an example that can be read at a glance: under 50 lines", () => {
  const source = readFileSync(new URL("../src/index.ts", import.meta.url), "utf8");
  expect(source.split("\n").length).toBeLessThan(50);
});

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EnvironmentDefinition, ToolSet } from "@openenv/server";
import { createServer, type EnvironmentServer } from "@openenv/server";
import { serve } from "@openenv/server/node";
import type { TObject, TSchema } from "typebox";
import { afterAll, describe, expect, test } from "vitest";
import { type Client, connect, ProtocolError } from "../src/index.ts";
import { adder, echo, endless, quiet, unlucky } from "./environments.ts";

const directory = await mkdtemp(join(tmpdir(), "openenv client: "));
afterAll(() => rm(directory, { recursive: true }));
let sockets = 0;

interface Opened extends AsyncDisposable {
  where: string | EnvironmentServer;
  server: EnvironmentServer;
}

type Open = <A extends TSchema, O extends TSchema, R extends TObject, T extends ToolSet, S>(
  environment: EnvironmentDefinition<A, O, R, T, S>,
) => Promise<Opened>;

const settings = { logger: quiet, graceMs: 10 };

const ways: Array<[name: string, open: Open]> = [
  [
    "over a WebSocket",
    async (environment) => {
      const { url, server, close } = await serve(environment, { ...settings, port: 0 });
      return { where: url, server, [Symbol.asyncDispose]: close };
    },
  ],
  [
    "over a Unix socket",
    async (environment) => {
      const unix = join(directory, `a%20b${sockets++}.sock`);
      const { url, server, close } = await serve(environment, { ...settings, unix });
      return { where: url, server, [Symbol.asyncDispose]: close };
    },
  ],
  [
    "in process",
    async (environment) => {
      const server = await createServer(environment, settings);
      return { where: server, server, [Symbol.asyncDispose]: server.close };
    },
  ],
];

describe.each(ways)("%s", (_, open) => {
  async function adding(): Promise<
    { opened: Opened; client: Client<{ add: number }, { sum: number; draw: number }> } & AsyncDisposable
  > {
    const opened = await open(adder);
    const client = await connect(opened.where, { environment: adder });
    return {
      opened,
      client,
      async [Symbol.asyncDispose]() {
        await client.close();
        await opened[Symbol.asyncDispose]();
      },
    };
  }

  test("a reset starts an episode and tells its first observation", async () => {
    await using playing = await adding();
    await expect(playing.client.reset()).resolves.toEqual({
      observation: { sum: 0, draw: expect.any(Number) },
      reward: null,
      done: false,
      metadata: {},
    });
  });

  test("the same seed gives the same episode, another seed another", async () => {
    await using playing = await adding();
    const first = await playing.client.reset({ seed: 7 });
    const again = await playing.client.reset({ seed: 7 });
    const other = await playing.client.reset({ seed: -7 });
    expect(again).toEqual(first);
    expect(other.observation.draw).not.toBe(first.observation.draw);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])("a seed of %d is refused, not dropped", async (seed) => {
    await using playing = await adding();
    await expect(playing.client.reset({ seed })).rejects.toThrow(
      new RangeError(`seed must be a finite number, got ${seed}`),
    );
    await expect(playing.client.state()).resolves.toMatchObject({ episode_id: null });
  });

  test("options of a reset reach the environment", async () => {
    await using playing = await adding();
    await expect(playing.client.reset({ start: 40 })).resolves.toMatchObject({ observation: { sum: 40 } });
  });

  test("an option that the environment does not know comes back as a warning", async () => {
    await using playing = await adding();
    const { metadata } = await playing.client.reset({ speed: "fast" });
    expect(metadata).toEqual({ warnings: [expect.stringContaining('"speed"')] });
  });

  test("an option that does not match its schema is a VALIDATION_ERROR that names it", async () => {
    await using playing = await adding();
    const error = await failure(playing.client.reset({ start: "high" }));
    expect(error).toMatchObject({ code: "VALIDATION_ERROR", message: expect.stringContaining("start") });
    expect(error.details.errors).toEqual([expect.objectContaining({ loc: ["start"], type: "type" })]);
  });

  test("an episode's id is the one that was asked for, else one of the server's", async () => {
    await using playing = await adding();
    await playing.client.reset({ episodeId: "mine" });
    await expect(playing.client.state()).resolves.toMatchObject({ episode_id: "mine" });
    await playing.client.reset();
    await expect(playing.client.state()).resolves.toMatchObject({
      episode_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });

  test("steps tell observation, reward, done and metadata", async () => {
    await using playing = await adding();
    await playing.client.reset();
    await expect(playing.client.step({ add: 60 })).resolves.toMatchObject({
      observation: { sum: 60 },
      reward: 30,
      done: false,
      metadata: { added: 60 },
    });
    await expect(playing.client.step({ add: 41 })).resolves.toMatchObject({ observation: { sum: 101 }, done: true });
  });

  test("a step before any reset starts an episode", async () => {
    await using playing = await adding();
    await expect(playing.client.step({ add: 1 })).resolves.toMatchObject({ observation: { sum: 1 } });
    await expect(playing.client.state()).resolves.toMatchObject({ step_count: 1, episode_id: expect.any(String) });
  });

  test("the state tells the episode, its steps and the environment's own fields", async () => {
    await using playing = await adding();
    await expect(playing.client.state()).resolves.toEqual({ episode_id: null, step_count: 0 });
    await playing.client.reset({ episodeId: "e", start: 5 });
    await playing.client.step({ add: 2 });
    await expect(playing.client.state()).resolves.toEqual({ episode_id: "e", step_count: 1, sum: 7 });
  });

  test("the tools are listed without a step", async () => {
    await using playing = await adding();
    const tools = await playing.client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(["greet", "sum", "break"]);
    expect(tools[0]).toMatchObject({ description: "Greets.", input_schema: { required: ["name"] } });
    await expect(playing.client.state()).resolves.toMatchObject({ step_count: 0 });
  });

  test("a tool's value comes as it is, with its content beside it", async () => {
    await using playing = await adding();
    await expect(playing.client.callTool("greet", { name: "Ada" })).resolves.toEqual({
      toolName: "greet",
      data: "hello Ada",
      content: [expect.objectContaining({ type: "text", text: "hello Ada" })],
      error: null,
      reward: null,
      done: false,
      metadata: {},
    });
    await expect(playing.client.callTool("sum", { a: 1, b: 2 })).resolves.toMatchObject({ data: { sum: 3 } });
    await expect(playing.client.state()).resolves.toMatchObject({ step_count: 2 });
  });

  test.each([
    ["break", {}, { type: "execution_error", message: "the tool broke" }],
    ["greet", { name: 1 }, { type: "invalid_args", message: expect.stringContaining("name") }],
    ["absent", {}, { type: "tool_not_found", message: expect.stringContaining("absent") }],
  ])("the failure of the tool %s with %j is told, not thrown", async (name, input, error) => {
    await using playing = await adding();
    await expect(playing.client.callTool(name, input)).resolves.toMatchObject({
      toolName: name,
      data: null,
      content: [],
      error,
    });
    await expect(playing.client.callTool("greet", { name: "you" })).resolves.toMatchObject({ error: null });
  });

  test("an environment of tools alone is driven by them", async () => {
    await using opened = await open(echo);
    await using client = await connect(opened.where);
    await expect(client.reset()).resolves.toMatchObject({ metadata: { status: "ready" } });
    await expect(client.callTool("echo_message", { message: "ü" })).resolves.toMatchObject({ data: "ü" });
    await expect(
      client.step({ type: "call_tool", tool_name: "echo_message", arguments: { message: "m" } }),
    ).resolves.toMatchObject({
      observation: { result: { data: "m" } },
    });
  });

  test("an action that does not match is a VALIDATION_ERROR with its findings, and the session goes on", async () => {
    await using opened = await open(adder);
    await using client = await connect(opened.where);
    const error = await failure(client.step({ add: "one", extra: 1 }));
    expect(error).toBeInstanceOf(ProtocolError);
    expect(error.code).toBe("VALIDATION_ERROR");
    expect(error.details.errors).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ loc: ["add"], type: "type" }),
        expect.objectContaining({ loc: ["extra"], type: "extra_forbidden" }),
      ]),
    );
    await expect(client.step({ add: 1 })).resolves.toMatchObject({ observation: { sum: 1 } });
  });

  test("what the environment throws is an EXECUTION_ERROR with its message, and the session goes on", async () => {
    await using playing = await adding();
    await playing.client.step({ add: 2 });
    await expect(playing.client.step({ add: unlucky })).rejects.toMatchObject({
      name: "ProtocolError",
      code: "EXECUTION_ERROR",
      message: "unlucky number",
    });
    await expect(playing.client.step({ add: 3 })).resolves.toMatchObject({ observation: { sum: 5 } });
  });

  test.each([[undefined], [null], [3], ["add"], [[1]]])(
    "the action %j is a TypeError, and nothing is sent",
    async (action) => {
      await using opened = await open(adder);
      const client: { step(action: unknown): Promise<unknown> } & AsyncDisposable = await connect(opened.where);
      await using _closing = client;
      await expect(client.step(action)).rejects.toThrow(new TypeError("an action must be an object"));
      await expect(client.step({ add: 1 })).resolves.toMatchObject({ observation: { sum: 1 } });
    },
  );

  test("requests made at once are answered in their order, errors among them", async () => {
    await using playing = await adding();
    const { client } = playing;
    const asked = [
      client.reset({ start: 10 }),
      client.step({ add: 1 }),
      client.step({ add: unlucky }),
      client.step({ add: 2 }),
      client.state(),
    ];
    await expect(Promise.allSettled(asked)).resolves.toMatchObject([
      { value: { observation: { sum: 10 } } },
      { value: { observation: { sum: 11 } } },
      { reason: { code: "EXECUTION_ERROR" } },
      { value: { observation: { sum: 13 } } },
      { value: { step_count: 2, sum: 13 } },
    ]);
  });

  test("closing while requests wait rejects them as closed, and every later one", async () => {
    await using playing = await adding();
    const { client } = playing;
    await client.reset();
    const waiting = Promise.allSettled([client.step({ add: endless }), client.state()]);
    await client.close();
    const closed = { reason: { name: "TransportError", reason: "closed", message: "this client has been closed" } };
    await expect(waiting).resolves.toMatchObject([closed, closed]);
    await expect(client.state()).rejects.toMatchObject(closed.reason);
  });

  test("closing is idempotent and frees the session", async () => {
    await using opened = await open(adder);
    const client = await connect(opened.where);
    await client.reset();
    expect(opened.server.health().active_sessions).toBe(1);
    await Promise.all([client.close(), client.close()]);
    await client.close();
    await expect.poll(() => opened.server.health().active_sessions).toBe(0);
  });

  test("await using closes", async () => {
    await using opened = await open(adder);
    const left = await (async () => {
      await using client = await connect(opened.where);
      await client.reset();
      return client;
    })();
    await expect(left.state()).rejects.toMatchObject({ reason: "closed" });
    await expect.poll(() => opened.server.health().active_sessions).toBe(0);
  });

  test("a deadline ends the connection, not only the request", async () => {
    await using playing = await adding();
    await playing.client.reset();
    const late = playing.client.step({ add: endless }, { timeoutMs: 20 });
    await expect(late).rejects.toMatchObject({ name: "TransportError", reason: "timeout" });
    await expect(playing.client.state()).rejects.toMatchObject({ reason: "timeout" });
    await expect.poll(() => playing.opened.server.health().active_sessions).toBe(0);
  });

  test("aborting a request ends the connection and tells the reason", async () => {
    await using playing = await adding();
    const controller = new AbortController();
    const stopped = playing.client.step({ add: endless }, { signal: controller.signal });
    controller.abort("enough");
    await expect(stopped).rejects.toMatchObject({ name: "TransportError", reason: "aborted", cause: "enough" });
    await expect(playing.client.state()).rejects.toMatchObject({ reason: "aborted" });
    await expect.poll(() => playing.opened.server.health().active_sessions).toBe(0);
  });

  test("a request whose signal is aborted already is not sent, and the connection stays", async () => {
    await using playing = await adding();
    const stopped = playing.client.step({ add: 1 }, { signal: AbortSignal.abort("before") });
    await expect(stopped).rejects.toMatchObject({ reason: "aborted", cause: "before" });
    await expect(playing.client.state()).resolves.toMatchObject({ step_count: 0 });
  });

  test("a signal that aborts after the reply does nothing", async () => {
    await using playing = await adding();
    const controller = new AbortController();
    await playing.client.step({ add: 1 }, { signal: controller.signal });
    controller.abort();
    await expect(playing.client.state()).resolves.toMatchObject({ step_count: 1 });
  });

  test("the connection's signal ends it, also between requests", async () => {
    await using opened = await open(adder);
    const controller = new AbortController();
    await using client = await connect(opened.where, { signal: controller.signal });
    await client.reset();
    controller.abort("over");
    await expect(client.state()).rejects.toMatchObject({ reason: "aborted", cause: "over" });
    await expect.poll(() => opened.server.health().active_sessions).toBe(0);
  });

  test("a signal that is aborted already keeps the connection from opening", async () => {
    await using opened = await open(adder);
    const refused = connect(opened.where, { signal: AbortSignal.abort("before") });
    await expect(refused).rejects.toMatchObject({ name: "TransportError", reason: "aborted", cause: "before" });
    expect(opened.server.health().active_sessions).toBe(0);
  });

  test("the server tells of itself beside the session", async () => {
    await using playing = await adding();
    const { server } = playing.client;
    await expect(server.health()).resolves.toMatchObject({ status: "healthy", active_sessions: 1 });
    await expect(server.metadata()).resolves.toMatchObject({ name: "adder", version: "1.2.3" });
    await expect(server.schema()).resolves.toMatchObject({ action: { properties: { add: { type: "integer" } } } });
  });
});

async function failure(work: Promise<unknown>): Promise<ProtocolError> {
  return work.then(
    () => expect.unreachable("it did not fail"),
    (reason) => reason,
  );
}

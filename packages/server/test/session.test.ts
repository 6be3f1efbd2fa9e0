import { isJsonObject, type JsonObject } from "@openenv/schema";
import Type from "typebox";
import { expect, onTestFinished, test, vi } from "vitest";
import type { AnyEnvironment } from "../src/contract.ts";
import { createServer, defineEnvironment, type ServerOptions, tool } from "../src/index.ts";
import type { Session } from "../src/session.ts";
import { guess, silent, trickster } from "./environments.ts";

async function open(environment: AnyEnvironment, options: ServerOptions = {}): Promise<Session> {
  const server = await createServer(environment, { logger: silent, ...options });
  onTestFinished(() => server.close());
  return server.sessions.open("socket");
}

async function ask(session: Session, frame: unknown): Promise<JsonObject> {
  const reply = await session.receive(typeof frame === "string" ? frame : JSON.stringify(frame));
  const value: unknown = JSON.parse(reply ?? "null");
  expect(value).toBeTypeOf("object");
  return isJsonObject(value) ? value : {};
}

const step = (data: unknown) => ({ type: "step", data });
const observed = (data: object) => ({ type: "observation", data: expect.objectContaining(data) });
const failed = (code: string, message: string | RegExp = /./) => ({
  type: "error",
  data: expect.objectContaining({ code, message: expect.stringMatching(message) }),
});

test.each([
  ["a big integer", 1n],
  ["NaN deep in a list", [{ n: Number.NaN }]],
])("a step whose observation holds %s is an error that does not count", async (_, value) => {
  const environment = defineEnvironment({
    name: "odd",
    description: "Returns what JSON cannot hold.",
    action: Type.Object({}),
    create: () => ({ reset: () => ({ observation: {} }), step: () => ({ observation: { value } }) }),
  });
  const session = await open(environment);
  await ask(session, { type: "reset" });
  expect(await ask(session, step({}))).toMatchObject({ type: "error", data: { code: "EXECUTION_ERROR" } });
  expect(await ask(session, { type: "state" })).toMatchObject({ data: { step_count: 0 } });
});

test.each([
  ["not json", failed("INVALID_JSON")],
  ["", failed("INVALID_JSON")],
  ["NaN", failed("INVALID_JSON")],
  ["[]", failed("VALIDATION_ERROR", /must be an object, got an array/)],
  ["null", failed("VALIDATION_ERROR", /got null/)],
  ["1", failed("VALIDATION_ERROR", /got a number/)],
  ["{}", failed("UNKNOWN_TYPE")],
  ['{"type":7}', failed("UNKNOWN_TYPE")],
  ['{"type":"__proto__"}', failed("UNKNOWN_TYPE")],
  ['{"type":"constructor"}', failed("UNKNOWN_TYPE")],
  ['{"type":"hello","data":{}}', failed("UNKNOWN_TYPE")],
  ['{"type":"step"}', failed("VALIDATION_ERROR", /data is required/)],
  ['{"type":"step","data":null}', failed("VALIDATION_ERROR", /data must be object/)],
  ['{"type":"step","data":{"guess":1},"id":1}', failed("VALIDATION_ERROR", /id is not a known key/)],
  ['{"type":"step","data":{"action":{"guess":1}}}', failed("VALIDATION_ERROR")],
  ['{"type":"step","data":{"guess":0}}', failed("VALIDATION_ERROR", /guess must be >= 1/)],
  ['{"type":"step","data":{"guess":1,"__proto__":{}}}', failed("VALIDATION_ERROR", /__proto__ is not a known key/)],
  ['{"type":"step","data":{"guess":9007199254740993}}', failed("VALIDATION_ERROR", /guess must be <= 100/)],
  ['{"type":"step","data":{"guess":1,"guess":2}}', observed({ reward: 0 })],
  ['{"type":"step","data":{"guess":1,"metadata":{}}}', observed({ reward: 0 })],
  ['{"type":"step","data":{"guess":1,"metadata":7}}', failed("VALIDATION_ERROR", /metadata must be object/)],
  ['{"type":"reset","data":null}', failed("VALIDATION_ERROR", /data must be object/)],
  ['{"type":"reset","data":{"seed":-1}}', observed({ done: false })],
  ['{"type":"reset","data":{"seed":null,"episode_id":null}}', observed({ done: false })],
  ['{"type":"reset","data":{"seed":1.5}}', failed("VALIDATION_ERROR", /data\.seed must be integer/)],
  [
    '{"type":"reset","data":{"seed":9007199254740993}}',
    failed("VALIDATION_ERROR", /data\.seed must be <= 9007199254740991/),
  ],
  [`{"type":"reset","data":{"episode_id":"${"x".repeat(256)}"}}`, failed("VALIDATION_ERROR", /data\.episode_id/)],
  ['{"type":"reset","data":{"target":101}}', failed("VALIDATION_ERROR", /target must be <= 100/)],
  ['{"type":"state","data":{}}', failed("VALIDATION_ERROR", /data is not a known key/)],
  ['{"type":"close","data":{}}', failed("VALIDATION_ERROR", /data is not a known key/)],
  [
    '{"type":"mcp","data":{}}',
    { type: "mcp", data: expect.objectContaining({ id: null, error: expect.objectContaining({ code: -32600 }) }) },
  ],
])("the frame %s is answered, and the next valid step works", async (frame, reply) => {
  const session = await open(guess);
  await ask(session, { type: "reset", data: { target: 77 } }); // drawn at random, the target could be the guess
  expect(await ask(session, frame)).toEqual(reply);
  expect(await ask(session, step({ guess: 50 }))).toMatchObject({ type: "observation" });
});

test("an episode is reset, stepped to its end, and counted", async () => {
  const session = await open(guess);
  expect(await ask(session, { type: "state" })).toEqual({ type: "state", data: { episode_id: null, step_count: 0 } });
  const options = { target: 40, episode_id: "my-episode" };
  expect(await ask(session, { type: "reset", data: options })).toEqual({
    type: "observation",
    data: { observation: { hint: "start" }, reward: null, done: false },
  });
  expect(await ask(session, step({ guess: 50 }))).toEqual(
    observed({ observation: { hint: "lower" }, reward: 0, done: false }),
  );
  expect(await ask(session, step({ guess: 40 }))).toEqual(
    observed({ observation: { hint: "found" }, reward: 1, done: true }),
  );
  const state = { episode_id: "my-episode", step_count: 2, guesses: 2, target: 40 };
  expect(await ask(session, { type: "state" })).toEqual({ type: "state", data: state });
});

test("an action before the first reset starts an episode by itself", async () => {
  const { environment, log } = trickster();
  const session = await open(environment);
  await ask(session, step({ deed: "greet" }));
  await ask(session, step({ deed: "greet" }));
  expect(log).toEqual(["reset", "greet", "greet"]);
});

test.each([[42], [-42], [Number.MAX_SAFE_INTEGER], [Number.MIN_SAFE_INTEGER], [0]])(
  "the seed %i gives the same episode twice, and another one than its neighbour",
  async (seed) => {
    const targetOf = async (chosen: number): Promise<unknown> => {
      const session = await open(guess);
      await ask(session, { type: "reset", data: { seed: chosen } });
      return (await ask(session, { type: "state" })).data;
    };
    const target = (value: unknown) => (isJsonObject(value) ? value.target : undefined);
    const first = target(await targetOf(seed));
    expect(first).toBeTypeOf("number");
    expect(target(await targetOf(seed))).toBe(first);
    const neighbours = await Promise.all([1, 2, 3, 4, 5].map((d) => targetOf(seed > 0 ? seed - d : seed + d)));
    expect(new Set(neighbours.map(target)).size).toBeGreaterThan(1);
  },
);

test("options that nobody knows and seeds that mean nothing come back as warnings", async () => {
  const session = await open(trickster({ seedable: false }).environment);
  const reply = await ask(session, { type: "reset", data: { seed: 5, sed: 7, __proto__: null } });
  expect(reply.data).toMatchObject({
    metadata: {
      warnings: [
        'reset option "sed" is unknown to this environment and was ignored',
        "this environment cannot repeat an episode by its seed: seed 5 has no effect",
      ],
    },
  });
});

test.each([
  ["throw", /^secret detail$/],
  ["reject", /^secret detail$/],
  ["throw-nothing", /^undefined$/],
  ["no-outcome", /must be an outcome object/],
  ["bad-observation", /observation\.done must be string/],
  ["bigint", /JSON cannot hold/],
  ["cycle", /JSON cannot hold/],
])("an environment that does %s answers EXECUTION_ERROR and goes on", async (deed, message) => {
  const session = await open(trickster().environment);
  expect(await ask(session, step({ deed }))).toEqual(failed("EXECUTION_ERROR", message));
  expect(await ask(session, step({ deed: "greet" }))).toEqual(observed({ observation: { done: "greet" } }));
});

test.each([["NaN"], ["Infinity"], ["-Infinity"]])("a reward of %s is an EXECUTION_ERROR", async (value) => {
  const session = await open(trickster().environment);
  expect(await ask(session, step({ deed: "reward", value }))).toEqual(
    failed("EXECUTION_ERROR", /reward must be a finite number/),
  );
});

test("nesting of 10,000 levels is answered and does no harm", async () => {
  const session = await open(trickster().environment);
  const deep = `{"type":"step","data":{"deed":"echo","value":${"[".repeat(10_000)}${"]".repeat(10_000)}}}`;
  expect(await ask(session, deep)).toMatchObject({ type: expect.stringMatching(/observation|error/) });
  expect(await ask(session, step({ deed: "greet" }))).toMatchObject({ type: "observation" });
});

test("replies come in the order of the frames, errors too, one step at a time", async () => {
  const { environment, log, release } = trickster();
  const session = await open(environment);
  await ask(session, { type: "reset" });
  const frames = [step({ deed: "hold" }), "not json", step({ deed: "greet" }), { type: "state" }];
  const answered: unknown[] = [];
  const replies = frames.map((frame) => ask(session, frame).then((reply) => answered.push(reply.type)));
  expect(log).toEqual(["reset", "hold"]);
  release();
  await Promise.all(replies);
  expect(answered).toEqual(["observation", "error", "observation", "state"]);
  expect(log).toEqual(["reset", "hold", "greet"]);
});

test.each([["until-aborted"], ["until-session-ends"]])(
  "closing aborts a step that waits %s, and closes the environment once",
  async (deed) => {
    const { environment, log } = trickster();
    const session = await open(environment);
    await ask(session, { type: "reset" });
    const reply = ask(session, step({ deed }));
    await Promise.all([session.close(100), session.close(100)]);
    expect(await reply).toEqual(failed("EXECUTION_ERROR", /aborted/));
    expect(log.filter((entry) => entry === "close")).toHaveLength(1);
    expect(await ask(session, step({ deed: "greet" }))).toEqual(failed("SESSION_ERROR"));
  },
);

test.each([
  [
    "throws",
    () => {
      throw new Error("cannot close");
    },
  ],
  ["hangs", () => new Promise<void>(() => {})],
])("an environment that %s in close is given up after the grace time", async (_, onClose) => {
  const error = vi.fn();
  const session = await open(trickster({ onClose }).environment, { logger: { ...silent, error } });
  await session.close(10);
  expect(error).toHaveBeenCalledWith(expect.stringMatching(/closing the environment failed/));
});

test("the frame close is not answered", async () => {
  const session = await open(guess);
  expect(await session.receive('{"type":"close"}')).toBeUndefined();
});

test("list_tools neither resets nor counts; call_tool does both", async () => {
  const { environment, log } = trickster();
  const session = await open(environment);
  const listed = await ask(session, step({ type: "list_tools" }));
  expect(listed.data).toMatchObject({
    observation: { tools: [{ name: "shout" }, { name: "fail" }, { name: "count" }] },
  });
  expect(log).toEqual([]);
  const called = await ask(session, step({ type: "call_tool", tool_name: "shout", arguments: { text: "é" } }));
  expect(called).toEqual(
    observed({
      observation: {
        tool_name: "shout",
        result: {
          content: [{ type: "text", text: "É", annotations: null, meta: null }],
          structured_content: { result: "É" },
          meta: null,
          data: "É",
          is_error: false,
        },
        error: null,
      },
      reward: null,
      done: false,
    }),
  );
  expect(log).toEqual(["reset"]);
  expect((await ask(session, { type: "state" })).data).toMatchObject({ step_count: 1 });
});

test.each([
  [{ tool_name: "nope" }, "tool_not_found", /Unknown tool: 'nope'/],
  [{ tool_name: "__proto__" }, "tool_not_found", /Unknown tool/],
  [{ tool_name: "shout", arguments: {} }, "invalid_args", /text is required/],
  [{ tool_name: "shout", arguments: { text: "a", size: 1 } }, "invalid_args", /size is not a known key/],
  [{ tool_name: "fail" }, "execution_error", /^tool failure$/],
])("the tool call %j fails as %s, told in the observation", async (call, error_type, message) => {
  const session = await open(trickster().environment);
  const { data } = await ask(session, step({ type: "call_tool", ...call }));
  expect(data).toMatchObject({
    observation: { result: null, error: { error_type, message: expect.stringMatching(message) } },
  });
});

test("tools of one session do not see another's state", async () => {
  const server = await createServer(trickster().environment, { logger: silent });
  onTestFinished(() => server.close());
  const [first, second] = await Promise.all([server.sessions.open("socket"), server.sessions.open("socket")]);
  const count = { type: "call_tool", tool_name: "count" };
  await ask(first, step(count));
  expect((await ask(first, step(count))).data).toMatchObject({ observation: { result: { data: 2 } } });
  expect((await ask(second, step(count))).data).toMatchObject({ observation: { result: { data: 1 } } });
});

test("an mcp message is answered within its turn, by the session it came through", async () => {
  const session = await open(trickster().environment);
  const call = { jsonrpc: "2.0", id: 7, method: "tools/call", params: { name: "count" } };
  const [first, created, closed] = [
    await ask(session, { type: "mcp", data: call }),
    await ask(session, { type: "mcp", data: { jsonrpc: "2.0", id: "c", method: "openenv/session/create" } }),
    await ask(session, {
      type: "mcp",
      data: { jsonrpc: "2.0", method: "openenv/session/close", params: { session_id: session.id } },
    }),
  ];
  expect(first.data).toMatchObject({ id: 7, result: { data: 1, isError: false } });
  expect(created.data).toEqual({ jsonrpc: "2.0", id: "c", result: { session_id: session.id } });
  expect(closed.data).toMatchObject({ id: null, error: { code: -32600 } });
});

test.each([[{ type: "reset" }], [{ type: "state" }], [step({ deed: "greet" })]])(
  "a server in production mode refuses %j with MODE_ERROR and stays open",
  async (message) => {
    const { environment, log } = trickster();
    const session = await open(environment, { mode: "production" });
    expect(await ask(session, message)).toEqual(failed("MODE_ERROR"));
    expect(await ask(session, step({ type: "call_tool", tool_name: "count" }))).toEqual(observed({ reward: null }));
    expect(log).toEqual(["reset"]);
  },
);

test("a server in production mode resets each session itself, with the operator's options", async () => {
  const server = await createServer(guess, { mode: "production", reset: { target: 3 }, logger: silent });
  onTestFinished(() => server.close());
  const session = await server.sessions.open("socket");
  expect(await session.state()).toMatchObject({ target: 3 });
});

test("what an environment says when it fails is not told in production", async () => {
  const warn = vi.fn();
  const secretive = {
    reset: () => ({ observation: { hint: "start" } }),
    step: () => expect.unreachable(),
    state: () => {
      throw new Error("secret");
    },
  };
  const session = await open(
    { ...guess, create: () => secretive },
    { mode: "production", logger: { ...silent, warn } },
  );
  await expect(async () => session.state()).rejects.toMatchObject({
    code: "EXECUTION_ERROR",
    message: "The environment failed",
  });
  expect(warn).toHaveBeenCalledWith(expect.stringContaining("secret"));
});

test("an option named __proto__ is an option like any other", async () => {
  const openOptions = { ...guess, resetOptions: Type.Object({}, { additionalProperties: true }) };
  const seen: unknown[] = [];
  const instance = {
    reset: (options: object) => {
      seen.push(Object.keys(options));
      return { observation: { hint: "start" } };
    },
    step: () => expect.unreachable(),
  };
  const session = await open({ ...openOptions, create: () => instance });
  await ask(session, '{"type":"reset","data":{"__proto__":{"a":1},"episode_id":"e"}}');
  expect(seen).toEqual([["__proto__", "episodeId"]]);
});

test("a step that outlives its deadline is told, and nothing else runs until it has ended", async () => {
  const { environment, log, release } = trickster();
  const session = await open(environment);
  await ask(session, { type: "reset" });
  const late = Promise.resolve(session.step({ deed: "hold" }, { timeoutMs: 5 }));
  await expect(late).rejects.toMatchObject({ code: "EXECUTION_ERROR", message: "The step did not end within 0.005 s" });
  const next = ask(session, step({ deed: "greet" }));
  expect(log).toEqual(["reset", "hold"]);
  release();
  expect(await next).toMatchObject({ type: "observation" });
  expect(log).toEqual(["reset", "hold", "greet"]);
});

test("a tool call takes the deadline of its request, and its failure is data", async () => {
  const slow = tool({ description: "Never ends.", input: Type.Object({}), run: () => new Promise(() => {}) });
  const session = await open({ ...trickster().environment, tools: { slow } });
  const outcome = await session.step({ type: "call_tool", tool_name: "slow" }, { timeoutMs: 5 });
  expect(outcome.observation).toMatchObject({
    error: { error_type: "timeout", message: "The tool slow did not end within 0.005 s" },
  });
});

test("in production an environment of tools alone takes calls without a type; one without tools takes nothing", async () => {
  const { action: _, ...toolsOnly } = trickster().environment;
  const tools = await open(toolsOnly, { mode: "production" });
  expect(await ask(tools, step({ tool_name: "count" }))).toEqual(observed({ reward: null }));
  const none = await open(guess, { mode: "production" });
  expect(await ask(none, step({ type: "call_tool", guess: 1 }))).toEqual(failed("MODE_ERROR"));
});

test("a second step has its own deadline while the first overruns, and is never run late", async () => {
  const { environment, log, release } = trickster();
  const session = await open(environment);
  await ask(session, { type: "reset" });
  const overrun = (deed: string) => Promise.resolve(session.step({ deed }, { timeoutMs: 5 }));
  await expect(overrun("hold")).rejects.toMatchObject({ code: "EXECUTION_ERROR" });
  await expect(overrun("greet")).rejects.toMatchObject({ code: "EXECUTION_ERROR" });
  release();
  await ask(session, step({ deed: "echo" }));
  expect(log).toEqual(["reset", "hold", "echo"]);
});

test.each([
  ["simulation", "tool failure"],
  ["production", "The tool failed"],
] as const)("a tool that throws in %s mode says: %s", async (mode, message) => {
  const session = await open(trickster().environment, { mode });
  const { data } = await ask(session, step({ type: "call_tool", tool_name: "fail" }));
  expect(data).toMatchObject({ observation: { error: { error_type: "execution_error", message } } });
});

import { type Client, connect, type Outcome, ProtocolError } from "@openenv/client";
import Type from "typebox";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { describeWith } from "../../../../test/required.ts";
import table from "../../interop/fixtures.json" with { type: "json" };
import { type Fixture, type PythonServer, startPythonServer } from "./python-server.ts";
import { expectRecorded, type Row } from "./results.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 }); // Python takes its time to start, on a busy machine above all

/** Does one thing with a server at an address, and tells in a few words what came of it. */
type Scenario = [fixture: Fixture, what: string, play: (url: string) => Promise<string>];

const Counter = {
  action: Type.Object({
    add: Type.Integer(),
    outcome: Type.Optional(Type.String()),
    letters: Type.Optional(Type.Integer()),
  }),
  observation: Type.Object({ count: Type.Integer(), text: Type.String() }),
};

const episodes: Scenario[] = [
  [
    "counter",
    "an episode with types, to its end and again",
    async (url) => {
      await using client = await connect(url, { environment: Counter });
      const first = await client.reset({ seed: 7, episodeId: "interop/1", start: 40 });
      expect(first).toMatchObject({ observation: { count: 40, text: "" }, reward: null, done: false });
      const next = await client.step({ add: 2 });
      expect(next).toMatchObject({ observation: { count: 42 }, reward: 1, done: false });
      expect(await client.step({ add: 2, outcome: "finish" })).toMatchObject({ reward: 1, done: true });
      expect(await client.reset()).toMatchObject({ observation: { count: 0 }, done: false });
      return "works";
    },
  ],
  [
    "counter",
    "a state with fields of the environment's own",
    async (url) => {
      await using client = await connect(url);
      await client.reset({ seed: 7, episodeId: "interop/2", start: 40 });
      await client.step({ add: 2 });
      expect(await client.state()).toEqual({ episode_id: "interop/2", step_count: 1, count: 42, seed: 7 });
      return "works";
    },
  ],
  [
    "counter",
    "metadata of an observation",
    async (url) => {
      await using client = await connect(url);
      await client.reset();
      const { metadata } = await client.step({ add: 2, outcome: "metadata" });
      return `metadata ${JSON.stringify(metadata)}`;
    },
  ],
  ["counter", "a reward of true", async (url) => `reward ${await rewardOf(url, "true")}`],
  ["counter", "a reward that is not a number", async (url) => `reward ${await rewardOf(url, "nan")}`],
  [
    "counter",
    "an observation of 20 MiB",
    async (url) => {
      await using client = await connect(url, { environment: Counter });
      await client.reset();
      const { observation } = await client.step({ add: 1, letters: 10 * 2 ** 20 });
      expect(observation.text).toBe("ä".repeat(10 * 2 ** 20));
      return "works";
    },
  ],
  [
    "counter",
    "eight clients at once, 112 episodes",
    async (url) => {
      const played = await Promise.all(Array.from({ length: 8 }, () => playEpisodes(url, 14)));
      return `${played.flat().filter((done) => done).length} episodes done`;
    },
  ],
  [
    "counter-production",
    "reset, step and state in production mode",
    async (url) => {
      await using client = await connect(url);
      const outcomes = [await client.reset(), await client.step({ add: 2 })];
      expect(outcomes).toMatchObject([{ observation: { count: 0 } }, { observation: { count: 2 }, reward: 1 }]);
      expect(await client.state()).toMatchObject({ step_count: 1 });
      return "all answered, with a reward";
    },
  ],
];

const failures: Scenario[] = [
  [
    "counter",
    "an environment that raises in a step",
    async (url) => {
      await using client = await connect(url);
      await client.reset({ start: 40 });
      const refused = await refusalOf(client.step({ add: 1, outcome: "raise" }));
      expect(await client.step({ add: 2 })).toMatchObject({ observation: { count: 42 } });
      return `${refused.code}, "${refused.message}"; the session goes on`;
    },
  ],
  [
    "counter",
    "an environment that raises in a reset",
    async (url) => {
      await using client = await connect(url);
      await client.reset({ start: 40 });
      const refused = await refusalOf(client.reset({ start: -1 }));
      expect(await client.step({ add: 2 })).toMatchObject({ observation: { count: 42 } });
      return `${refused.code}, "${refused.message}"; the session goes on`;
    },
  ],
  [
    "counter",
    "an action that does not match",
    async (url) => {
      await using client = await connect(url);
      await client.reset({ start: 40 });
      const refused = await refusalOf(client.step({ add: "many" }));
      expect(refused).toMatchObject({ details: { errors: [{ loc: ["add"] }] } });
      expect(await client.step({ add: 2 })).toMatchObject({ observation: { count: 42 } });
      return `${refused.code}, "${refused.message}"; the session goes on`;
    },
  ],
  [
    "counter",
    "an observation that JSON cannot hold",
    async (url) => {
      await using client = await connect(url);
      await client.reset();
      const refused = await refusalOf(client.step({ add: 1, outcome: "object" }));
      expect(await client.step({ add: 2 })).toMatchObject({ observation: { count: 3 } });
      return `${refused.code}; the session goes on`;
    },
  ],
  [
    "counter-alone",
    "a second client where there is one slot",
    async (url) => {
      const first = await connect(url);
      await first.reset();
      await using second = await connect(url);
      const refused = await refusalOf(second.reset());
      expect(await first.step({ add: 2 })).toMatchObject({ reward: 1 });
      await first.close();
      await takesSlot(url);
      return `${refused.code}; the slot is free again after close`;
    },
  ],
  [
    "out-of-order",
    "an environment that cannot be created",
    async (url) => {
      await using client = await connect(url);
      const { code, message } = await refusalOf(client.reset());
      return `${code}, "${message}"`;
    },
  ],
];

const tools: Scenario[] = [
  [
    "tools",
    "tools, listed before the first reset and called",
    async (url) => {
      await using client = await connect(url);
      const names = (await client.listTools()).map(({ name }) => name);
      await client.reset();
      const { data } = await client.callTool("echo_with_length", { message: "héllo" });
      expect(data).toEqual({ message: "héllo", length: 5 });
      return names.join(", ");
    },
  ],
  ["tools", "a tool that raises", (url) => toolError(url, "fail", { reason: "the tool is blunt" })],
  ["tools", "a tool that does not exist", (url) => toolError(url, "shout", {})],
  ["tools", "arguments that do not match", (url) => toolError(url, "echo_message", { text: 7 })],
  [
    "tools",
    "a slow tool, and another session meanwhile",
    async (url) => {
      await using slow = await connect(url);
      await using quick = await connect(url);
      const answered: string[] = [];
      const waiting = slow.callTool("wait", { seconds: 1 }).then(({ data }) => answered.push(`slow ${data}`));
      await quick.callTool("echo_message", { message: "now" }).then(({ data }) => answered.push(`quick ${data}`));
      await waiting;
      return answered.join(", then ");
    },
  ],
  [
    "tools",
    "attaching to a session made over POST /mcp",
    async (url) => {
      const sessionId = await createSession(url);
      await using client = await connect(url, { sessionId });
      await client.reset({ episodeId: "interop/3" });
      await using second = await connect(url, { sessionId });
      return await second.state().then(
        ({ episode_id: episode }) => `the id is ignored: a second one gets another session, with episode ${episode}`,
        (error: unknown) =>
          `attached; a second one is refused with ${error instanceof ProtocolError ? error.code : error}`,
      );
    },
  ],
  [
    "tools-production",
    "tools in production mode",
    async (url) => {
      await using client = await connect(url);
      expect(await client.callTool("echo_message", { message: "hello" })).toMatchObject({ data: "hello" });
      expect(await client.server.health()).toMatchObject({ status: "healthy" });
      return "works";
    },
  ],
];

async function rewardOf(url: string, outcome: string): Promise<number | null> {
  await using client = await connect(url);
  await client.reset();
  const { reward } = await client.step({ add: 1, outcome });
  return reward;
}

async function playEpisodes(url: string, count: number): Promise<boolean[]> {
  await using client = await connect(url);
  const ends: boolean[] = [];
  for (let episode = 0; episode < count; episode++) {
    await client.reset({ start: episode });
    await client.step({ add: 1 });
    const last: Outcome = await client.step({ add: 1, outcome: "finish" });
    ends.push(last.done && last.observation.count === episode + 2);
  }
  return ends;
}

async function refusalOf(request: Promise<unknown>): Promise<ProtocolError> {
  const error: unknown = await request.catch((reason: unknown) => reason);
  if (error instanceof ProtocolError) return error;
  throw new Error("the request was not refused", { cause: error });
}

/** The server frees a slot some time after the closing handshake. */
async function takesSlot(url: string): Promise<void> {
  await expect.poll(() => oneReset(url), { timeout: 60_000 }).toMatchObject({ done: false });
}

async function oneReset(url: string): Promise<unknown> {
  await using client: Client = await connect(url);
  return await client.reset().catch((error: unknown) => error);
}

async function toolError(url: string, name: string, input: Record<string, unknown>): Promise<string> {
  await using client = await connect(url);
  const { error } = await client.callTool(name, input);
  expect(await client.callTool("echo_message", { message: "hello" })).toMatchObject({ data: "hello", error: null });
  return `${error?.type}; the session goes on`;
}

async function createSession(url: string): Promise<string> {
  const answer = await fetch(`${url}/mcp`, {
    method: "POST",
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "openenv/session/create" }),
  });
  const text = await answer.text();
  return /"session_id":"([^"]+)"/.exec(text)?.[1] ?? `no session: ${text}`;
}

describeWith(["openenv-python"], "the client drives Python servers", () => {
  const rows: Row[] = [];
  const scenarios = [...episodes, ...failures, ...tools];

  describe.each(table.versions)("openenv %s", (version) => {
    const servers = new Map<Fixture, PythonServer>();
    beforeAll(async () => {
      const fixtures = new Set(scenarios.map(([fixture]) => fixture));
      await Promise.all(
        [...fixtures].map(async (fixture) => servers.set(fixture, await startPythonServer(fixture, version))),
      );
    });
    afterAll(async () => {
      for (const server of servers.values()) await server[Symbol.asyncDispose]();
    });

    test.each(scenarios)("%s: %s", async (fixture, what, play) => {
      rows.push({ version, what, result: await play(servers.get(fixture)?.url ?? "not started") });
    });
  });

  test("what came of it is what is recorded", () => expectRecorded("client-drives-python", rows));
});

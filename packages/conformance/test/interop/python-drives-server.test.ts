import { connect } from "@openenv/client";
import coding from "@openenv/env-coding";
import echo from "@openenv/env-echo";
import { type ListeningServer, serve } from "@openenv/server/node";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { describeWith } from "../../../../test/required.ts";
import table from "../../interop/fixtures.json" with { type: "json" };
import { spawnPython, validate } from "./python.ts";
import { expectRecorded, type Row } from "./results.ts";

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const options = { port: 0, logger: silent };

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 }); // Python takes its time to start, on a busy machine above all

const task = await firstTask();

/** A task of the coding environment, and how to solve it. */
async function firstTask() {
  const [first] = (await coding.tasks?.()) ?? [];
  return { reset: first?.reset ?? {}, oracle: first?.oracle ?? [] };
}

const listed = [
  ["echo_message", "Echo back the provided message.", ["message"]],
  ["echo_with_length", "Echo back the message with its length.", ["message"]],
];
const tools = { listed, said: "hello", measured: { message: "hello", length: 5 }, unknown: true };
const first = { observation: {}, reward: null, done: false };

/** 0.3 resets one session over /ws and calls tools in another, over POST /mcp; no step of them is in the first. */
const stepsOverHttp: Record<string, number> = { "0.10.0": 3, "0.3.1": 0 };

/** What each way of `clients/walk.py` must have seen. */
const waysOf = (version: string): [way: string, saw: unknown][] => [
  [
    "GenericEnvClient, async",
    {
      task: task.reset.task,
      refused: "Server error: Invalid action: code is required (code: VALIDATION_ERROR)",
      stdout: "42\n",
      state: { episode_id: "walk/1", step_count: 1, task_id: task.reset.task },
      last: { reward: 1, done: true },
      again: false,
    },
  ],
  [
    "GenericEnvClient, sync",
    { first, called: { message: "héllo", length: 5 }, state: { episode_id: "walk/2", step_count: 1 } },
  ],
  ["MCPToolClient, tools as actions", { ...tools, steps: 3 }],
  ["MCPToolClient, tools over POST /mcp", { ...tools, steps: stepsOverHttp[version] }],
  ["MCPToolClient, sync", { listed: 2, said: "hello" }],
  ["AutoEnv with base_url", { client: "GenericEnvClient", first }],
  [
    "a server without a free slot",
    { refused: "Server error: Server at capacity: 1/1 sessions active (code: CAPACITY_REACHED)" },
  ],
  [
    "in the order of verifiers",
    {
      echo: { tools: ["echo_message", "echo_with_length"], total: 0, done: false, steps: 2 },
      coding: { tools: [], total: 1, done: true, steps: 1 },
    },
  ],
];

const hello = { type: "call_tool", tool_name: "echo_message", arguments: { message: "hello" } };
const allPass = { passed_count: 6, total_count: 6, failed_criteria: [] };
const none = { "mixed up": 0 };

describeWith(["openenv-python", "python3"], "Python clients drive the server", () => {
  const rows: Row[] = [];
  let echoes: ListeningServer;
  let codes: ListeningServer;

  beforeAll(async () => {
    echoes = await serve(echo, options);
    codes = await serve(coding, { ...options, sandbox: "none" });
  });
  afterAll(async () => {
    await echoes.close();
    await codes.close();
  });

  describe.each(table.versions)("openenv %s", (version) => {
    const seen = new Map<string, unknown>();
    const record = (what: string, result = "works"): void => void rows.push({ version, what, result });

    beforeAll(async () => {
      await using full = await serve(echo, { ...options, maxSessions: 1 });
      await using holder = await connect(full.url);
      await holder.reset();
      const where = JSON.stringify({ echo: echoes.url, coding: codes.url, full: full.url, task });
      await using python = spawnPython(version, "clients/walk.py", [where]);
      for (const line of await python.rest()) {
        if (isSighting(line)) seen.set(line.way, line.saw);
      }
    });

    test.each(waysOf(version))("%s", (way, saw) => {
      expect(seen.get(way)).toEqual(saw);
      record(way);
    });

    test("16 clients at once play 112 episodes with tools", async () => {
      const sums = await play(version, {
        clients: 16,
        episodes: 7,
        url: echoes.url,
        reset: {},
        actions: [hello, hello],
      });
      expect(sums).toEqual({ ...none, episodes: 112, steps: 224, done: 0, rewards: 0 });
      record("16 clients at once, 112 episodes with tools");
    });

    test("16 clients at once solve a coding task 32 times", async () => {
      const { reset, oracle: actions } = task;
      const sums = await play(version, { clients: 16, episodes: 2, url: codes.url, reset, actions });
      expect(sums).toEqual({ ...none, episodes: 32, steps: 32, done: 32, rewards: 32 });
      record("16 clients at once, 32 episodes of code");
    });

    test.each([
      ["echo", () => echoes.url],
      ["coding", () => codes.url],
    ])("openenv validate passes the %s server", async (name, url) => {
      const report = await validate(version, url());
      expect(report).toMatchObject({ passed: true, mode: "simulation", summary: allPass });
      record(`openenv validate --url, ${name}`, "6 of 6 criteria pass");
    });

    test("openenv validate passes a server in production mode", async () => {
      await using server = await serve(echo, { ...options, mode: "production" });
      const report = await validate(version, server.url);
      expect(report).toMatchObject({ passed: true, mode: "production", summary: allPass });
      record("openenv validate --url, echo in production mode", "6 of 6 criteria pass");
    });

    test("32 clients that a trainer leaves silent for three hours go on where they were", async () => {
      using clock = serverClock();
      await using server = await serve(echo, options);
      const job = JSON.stringify({ url: server.url, instances: 32 });
      await using python = spawnPython(version, "clients/silent.py", [job]);
      expect(await python.line()).toEqual({ silent: 32 });
      await clock.pass(3 * 60 * 60 * 1000);
      python.say("");
      expect(await python.line()).toEqual({ "went on": 32, "in the same episode": 32 });
      record("32 clients, silent for three hours of the server's clock");
    });
  });

  test("what came of it is what is recorded", () => expectRecorded("python-drives-server", rows));
});

async function play(version: string, job: object): Promise<unknown> {
  await using python = spawnPython(version, "clients/many.py", [JSON.stringify(job)]);
  const [sums] = await python.rest();
  return sums;
}

/** The clock that a server goes by, while its sockets are real: servers of before keep the old one. */
function serverClock(): Disposable & { pass(ms: number): Promise<void> } {
  vi.useFakeTimers({ toFake: ["Date", "setInterval", "clearInterval"] });
  const ping = vi.spyOn(WebSocket.prototype, "ping");

  /** Two minutes, in which a server sweeps out silent sessions twice and finds out dead peers. */
  const twoMinutes = async (): Promise<void> => {
    for (let round = 1; round <= 6; round++) {
      ping.mockClear();
      vi.advanceTimersByTime(20_000);
      const sockets = ping.mock.contexts.filter((socket) => socket instanceof WebSocket);
      expect(sockets).toHaveLength(32);
      await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once("pong", resolve))));
    }
  };
  return {
    async pass(ms) {
      await twoMinutes(); // a sweep sees that sessions were used since the one before
      vi.setSystemTime(Date.now() + ms);
      await twoMinutes();
    },
    [Symbol.dispose]() {
      ping.mockRestore();
      vi.useRealTimers();
    },
  };
}

function isSighting(line: unknown): line is { way: string; saw: unknown } {
  return typeof line === "object" && line !== null && "way" in line && typeof line.way === "string" && "saw" in line;
}

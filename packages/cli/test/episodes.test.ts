import type { Client } from "@openenv/client";
import { decodeEpisodeRecord, type EpisodeRecord, ProtocolError, TransportError } from "@openenv/schema";
import { describe, expect, test } from "vitest";
import { type Agent, emptyAgent, oracleAgent } from "../src/agent.ts";
import { totalReward } from "../src/episodes.ts";
import { UsageError } from "../src/usage-error.ts";
import { openArena, scripted } from "./arena.ts";
import counting from "./fixtures/counting/index.ts";

const tasks = (await counting.tasks?.()) ?? [];
const up = { add: 1 };
const failing = { add: 66 };
const hanging = { add: 77 };

/** The client, but for what the test replaces. */
function changed(client: Client, changes: Partial<Client>): Client {
  return { ...client, ...changes };
}

const atCapacity = (): Promise<never> => Promise.reject(new ProtocolError("CAPACITY_REACHED", "at capacity: 1/1"));

describe("the records of a run", () => {
  test("come in the order of the tasks, whoever ends first", async () => {
    await using arena = await openArena();
    const told: Array<string | undefined> = [];
    const first = Promise.withResolvers<void>();
    const whenTold: Record<number, () => void> = { 2: first.resolve };
    const patient: Agent = {
      name: "patient",
      begin(briefing) {
        const oracle = oracleAgent.begin(briefing);
        const turn = briefing.task?.id === "reach-1" ? first.promise : Promise.resolve();
        return { ...oracle, act: async (outcome) => turn.then(() => oracle.act(outcome)) };
      },
    };
    const records = await arena.play({
      agent: patient,
      tasks,
      concurrency: 3,
      onEpisode(record) {
        told.push(record.task?.id);
        whenTold[told.length]?.();
      },
    });
    expect(records.map(({ task }) => task?.id)).toEqual(["reach-1", "reach-2", "reach-3"]);
    expect(told.at(-1)).toBe("reach-1");
  });

  test("hold every step, and validate", async () => {
    await using arena = await openArena();
    const [record] = await arena.play({ agent: oracleAgent, tasks: tasks.slice(1, 2) });
    expect(decodeEpisodeRecord(JSON.parse(JSON.stringify(record)))).toEqual(record);
    expect(record).toMatchObject({
      version: 1,
      episode_id: expect.stringMatching(/^[\w-]{36}$/),
      environment: "counting",
      agent: "oracle",
      task: { id: "reach-2" },
      seed: 2,
      reset: { options: { seed: 2 }, observation: { count: 0, target: 2 }, reward: null, done: false },
      steps: [
        { action: up, observation: { count: 1, target: 2 }, reward: 0, done: false },
        { action: up, observation: { count: 2, target: 2 }, reward: 1, done: true },
      ],
      reward: 1,
      end: "done",
    });
    expect(record).not.toHaveProperty("error");
  });

  test.each<[EpisodeRecord["end"], string, Agent, number | null]>([
    ["done", "the environment is done", scripted(up, up, up), 1],
    ["limit", "the steps are used up", scripted(...Array(99).fill({ add: 1, metadata: {} })), 0],
    ["stopped", "the agent stops", scripted(up), 0],
    ["error", "the environment fails", scripted(up, failing), 0],
  ])("end with %s when %s", async (end, _, agent, reward) => {
    await using arena = await openArena();
    const seed = end === "limit" ? 50 : 3;
    const [record] = await arena.play({ agent, seed, maxSteps: 5 });
    expect(record).toMatchObject({ end, reward });
  });

  test("have no reward where none was given: null is not zero", async () => {
    await using arena = await openArena();
    const [record] = await arena.play({ agent: scripted() });
    expect(record).toMatchObject({ reward: null, steps: [], end: "stopped" });
    expect(totalReward([{ reward: null }, { reward: 2 }, { reward: null }, { reward: 0.5 }])).toBe(2.5);
  });

  test("have the seed that the episode had: counted up, unless the task brings its own", async () => {
    await using arena = await openArena();
    const own = { id: "own", reset: { seed: 9 } };
    const records = await arena.play({ agent: scripted(up), tasks: [undefined, own, undefined], seed: 5 });
    expect(records.map(({ seed }) => seed)).toEqual([5, 9, 7]);
    expect(records.map(({ reset }) => reset.options)).toEqual([{ seed: 5 }, { seed: 9 }, { seed: 7 }]);
  });

  test("are told as they end, and no session is left", async () => {
    await using arena = await openArena();
    const told: EpisodeRecord[] = [];
    const records = await arena.play({ tasks, concurrency: 2, onEpisode: (record) => void told.push(record) });
    expect(new Set(told)).toEqual(new Set(records));
    expect(arena.active()).toBe(0);
  });
});

describe("a failed episode", () => {
  test("does not stop the others", async () => {
    await using arena = await openArena();
    const records = await arena.play({
      tasks: [tasks[0], { id: "down", reset: { seed: -1 } }, tasks[1]],
      agent: scripted(up, up, up),
    });
    expect(records.map(({ end }) => end)).toEqual(["done", "error", "done"]);
    expect(records[1]?.error).toEqual({ code: "EXECUTION_ERROR", message: "nobody counts down" });
    expect(decodeEpisodeRecord(records[1])).toMatchObject({ steps: [], reward: null });
  });

  test.each([
    ["by a bad action", scripted({ add: -1 }), "VALIDATION_ERROR"],
    [
      "by its agent",
      {
        name: "lost",
        begin: () => {
          throw new Error("no idea");
        },
      },
      "agent",
    ],
  ] satisfies Array<[string, Agent, string]>)("that failed %s names who it was", async (_, agent, code) => {
    await using arena = await openArena();
    const [record] = await arena.play({ agent });
    expect(record).toMatchObject({ end: "error", error: { code } });
  });

  test("whose session broke is followed by one in a new session", async () => {
    await using arena = await openArena();
    let opened = 0;
    const cut = (): Promise<never> => Promise.reject(new TransportError("closed", "the socket was closed (1006)"));
    const records = await arena.play({
      tasks,
      agent: scripted(up, up, up),
      async open() {
        opened++;
        const client = await arena.open();
        return opened === 1 ? changed(client, { step: cut }) : client;
      },
    });
    expect(records.map(({ end }) => end)).toEqual(["error", "done", "done"]);
    expect(records[0]).toMatchObject({ episode_id: null, error: { code: "transport:closed" } });
    expect(opened).toBe(2);
    expect(arena.active()).toBe(0);
  });

  test("for which no environment could be created is followed by one in a new session", async () => {
    await using arena = await openArena();
    let opened = 0;
    const records = await arena.play({
      tasks: tasks.slice(0, 2),
      open: () =>
        ++opened === 1 ? Promise.reject(new ProtocolError("FACTORY_ERROR", "could not be created")) : arena.open(),
    });
    expect(records.map(({ error }) => error?.code)).toEqual(["FACTORY_ERROR", undefined]);
  });
});

describe("the sessions of a run", () => {
  test.each([1, 2, 5])("are never more than %i at a time", async (concurrency) => {
    await using arena = await openArena();
    let most = 0;
    await arena.play({
      tasks: Array(20).fill(undefined),
      concurrency,
      async open() {
        const client = await arena.open();
        most = Math.max(most, arena.active());
        return client;
      },
    });
    expect(most).toBe(concurrency);
    expect(arena.active()).toBe(0);
  });

  test("are as many as the server gives: who gets none leaves the episodes to the others", async () => {
    await using arena = await openArena(1);
    const records = await arena.play({ tasks: [...tasks, ...tasks], agent: oracleAgent, concurrency: 4 });
    expect(records.map(({ reward }) => reward)).toEqual([1, 1, 1, 1, 1, 1]);
  });

  test("end the run where the server gives none at all", async () => {
    await using arena = await openArena();
    await expect(arena.play({ tasks, concurrency: 2, open: atCapacity })).rejects.toMatchObject({
      code: "CAPACITY_REACHED",
    });
  });

  test("are waited for where one of this run's own is still being closed", async () => {
    await using arena = await openArena();
    const cut = (): Promise<never> => Promise.reject(new TransportError("timeout", "no reply"));
    const opening = [
      async () => changed(await arena.open(), { step: cut }),
      atCapacity,
      atCapacity,
      arena.open,
    ].values();
    const records = await arena.play({
      tasks: tasks.slice(0, 2),
      open: () => opening.next().value?.() ?? atCapacity(),
    });
    expect(records.map(({ error }) => error?.code)).toEqual(["transport:timeout", undefined]);
  });

  test("that a server refuses only at the first message are refused like the others", async () => {
    await using arena = await openArena();
    const refusing = async (): Promise<Client> => changed(await arena.open(), { reset: atCapacity });
    await expect(arena.play({ open: refusing })).rejects.toMatchObject({ code: "CAPACITY_REACHED" });
    expect(arena.active()).toBe(0);
  });
});

describe("a run ends as a whole", () => {
  test("when the server cannot be reached", async () => {
    await using arena = await openArena();
    const unreachable = (): Promise<never> => Promise.reject(new TransportError("connect", "refused"));
    await expect(arena.play({ tasks, concurrency: 2, open: unreachable })).rejects.toMatchObject({ reason: "connect" });
  });

  test("when an episode cannot be stored", async () => {
    await using arena = await openArena();
    const full = (): never => {
      throw new Error("no space left");
    };
    await expect(arena.play({ tasks, concurrency: 2, onEpisode: full })).rejects.toThrow("no space left");
    expect(arena.active()).toBe(0);
  });

  test("when a task has no oracle, also while other episodes hang", async () => {
    await using arena = await openArena();
    const hangs = { id: "hangs", reset: { seed: 1 }, oracle: [hanging] };
    const bare = { id: "bare", reset: {} };
    await expect(arena.play({ agent: oracleAgent, tasks: [hangs, bare], concurrency: 2 })).rejects.toThrow(UsageError);
    expect(arena.active()).toBe(0);
  });

  test("when it is aborted, also while a step hangs, and no session is left", async () => {
    await using arena = await openArena();
    const controller = new AbortController();
    const reason = new Error("enough");
    const acting = Promise.withResolvers<void>();
    const ended: unknown[] = [];
    const agent: Agent = {
      name: "hanging",
      begin: () => ({
        async act() {
          acting.resolve();
          return hanging;
        },
        end: async (outcome) => void ended.push(outcome?.observation),
      }),
    };
    const run = arena.play({ agent, signal: controller.signal });
    await acting.promise;
    controller.abort(reason);
    await expect(run).rejects.toBe(reason);
    expect(ended).toEqual([{ count: 0, target: 1 }]);
    expect(arena.active()).toBe(0);
  });

  test("before it begins, when it was aborted before", async () => {
    await using arena = await openArena();
    const opened: number[] = [];
    const open = (): Promise<Client> => {
      opened.push(1);
      return arena.open();
    };
    await expect(arena.play({ open, signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
    expect(opened).toEqual([]);
  });
});

test("the empty agent sends the smallest action until the episode is over", async () => {
  await using arena = await openArena();
  const [record] = await arena.play({ agent: emptyAgent });
  expect(record?.steps).toMatchObject([{ action: { add: 0 }, reward: 0, done: true }]);
});

test("the oracle agent refuses tasks it cannot play before any is played", () => {
  const check = (): void => oracleAgent.check?.([tasks[0], { id: "bare", reset: {} }]);
  expect(check).toThrow('task "bare" has no oracle');
  expect(() => oracleAgent.check?.([undefined])).toThrow("the oracle agent needs tasks");
});

import { defineEnvironment } from "@openenv/server";
import { type ServeOptions, serve } from "@openenv/server/node";
import { Type } from "typebox";
import { expect, test } from "vitest";
import { checkedIds, type RequirementId, runServerChecks, type Script } from "../src/index.ts";
import { clocked, coin, toolbox, unguessable, workbench, workbenchScript } from "./peers/workbench.ts";

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const action = Type.Object({ by: Type.Integer() });
const count = Type.Object({ count: Type.Integer() });

const refusing = defineEnvironment({
  name: "refusing",
  description: "Refuses every action, for reasons that its schema does not tell.",
  action,
  observation: count,
  create: () => ({
    reset: () => ({ observation: { count: 0 } }),
    step: () => {
      throw new Error("not that one");
    },
  }),
});

const hasty = defineEnvironment({
  name: "hasty",
  description: "Is done after each action, and takes none after that.",
  action,
  observation: count,
  create: () => {
    let done = false;
    return {
      reset: () => {
        done = false;
        return { observation: { count: 0 } };
      },
      step: () => {
        if (done) throw new Error("the episode is over");
        done = true;
        return { observation: { count: 1 }, reward: 1, done };
      },
    };
  },
});

const ticking = defineEnvironment({
  name: "ticking",
  description: "Tells other numbers each time, also in its state.",
  seedable: false,
  action,
  observation: Type.Object({ ticks: Type.Integer() }),
  state: Type.Object({ ticks: Type.Integer() }),
  create: () => {
    let ticks = 0;
    const look = () => ({ observation: { ticks: ++ticks }, metadata: { took_ms: ++ticks } });
    return { reset: look, step: look, state: () => ({ ticks: ++ticks }) };
  },
});

const welcoming = defineEnvironment({
  name: "welcoming",
  description: "Takes options of every name, and every action.",
  action: Type.Object({}, { additionalProperties: true }),
  observation: Type.Object({}),
  resetOptions: Type.Object({}, { additionalProperties: true }),
  create: () => ({ reset: () => ({ observation: {} }), step: () => ({ observation: {} }) }),
});

const chancy = defineEnvironment({
  name: "chancy",
  description: "Tosses a coin.",
  action,
  observation: Type.Object({ heads: Type.Boolean() }),
  create: ({ random }) => {
    const toss = () => ({ observation: { heads: random() < 0.5 } });
    return { reset: toss, step: toss };
  },
});

type Served = (options: ServeOptions) => ReturnType<typeof serve>;

const cases: readonly (readonly [string, Served, Script?])[] = [
  ["refuses every action that is generated", (options) => serve(refusing, options)],
  ["is done after each action", (options) => serve(hasty, options)],
  ["cannot repeat anything, and says so", (options) => serve(ticking, options)],
  ["takes every option and every action", (options) => serve(welcoming, options), { anyOption: true }],
  ["has few outcomes, drawn at random", (options) => serve(chancy, options)],
  ["has tools alone", (options) => serve(toolbox, options)],
  ["has room for one session", (options) => serve(chancy, { ...options, maxSessions: 1 })],
  ["has tools alone, in production", (options) => serve(toolbox, { ...options, mode: "production" })],
  ["has no tools, in production", (options) => serve(hasty, { ...options, mode: "production" })],
];

test.each(cases.map(([name, open, script = {}]) => ({ name, open, script })))(
  "a server whose environment $name is not found fault with",
  async ({ open, script }) => {
    await using server = await open({ port: 0, logger: silent });
    const only = checkedIds.filter((id) => /^(episode|error|mode)\./.test(id));
    const { findings, sessions } = await runServerChecks({ url: server.url, script, only, deadlineMs: 4000 });
    const faults = findings.filter(({ status }) => status === "fail" || status === "warn");
    expect(faults.map(({ id, message }) => `${id}: ${message}`)).toEqual([]);
    expect(sessions?.after).toBe(sessions?.before);
  },
);

interface Verdicts {
  what: string;
  open: Served;
  script?: Script;
  status: "pass" | "not-applicable" | "fail";
  ids: readonly RequirementId[];
}

const limit = 2 ** 16;
const small: Served = (options) => serve(workbench, { ...options, maxMessageBytes: limit });
const limited: Script = { ...workbenchScript, messageLimitBytes: limit };

const verdicts: readonly Verdicts[] = [
  {
    what: "a clock in the state",
    open: (options) => serve(clocked, options),
    status: "pass",
    ids: ["session.isolation", "session.detach-state", "tool.failure-unreached"],
  },
  {
    what: "actions that nobody can guess",
    open: (options) => serve(unguessable, options),
    status: "not-applicable",
    ids: ["ws.one-at-a-time"],
  },
  {
    what: "a limit of its operator's, as to what it accepts",
    open: small,
    script: limited,
    status: "not-applicable",
    ids: ["ws.size-accept", "http.body-accept"],
  },
  {
    what: "a limit of its operator's, as to what it refuses",
    open: small,
    script: limited,
    status: "pass",
    ids: ["http.body-limit"],
  },
  {
    what: "a higher limit than its operator's",
    open: (options) => serve(workbench, options),
    script: limited,
    status: "fail",
    ids: ["http.body-limit"],
  },
];

test.each(verdicts)("a server with $what gets the verdict $status", async ({ open, script = {}, status, ids }) => {
  await using server = await open({ port: 0, logger: silent });
  const { findings } = await runServerChecks({ url: server.url, script, only: ids, deadlineMs: 4000 });
  const told = Object.fromEntries(findings.map((each) => [each.id, each.status]));
  expect(told).toEqual(Object.fromEntries(ids.map((id) => [id, status])));
});

const undisturbed: readonly RequirementId[] = [
  "episode.action-unreached",
  "episode.reset-refused",
  "ws.malformed-harmless",
  "episode.state-pure",
  "session.isolation",
];

// Where luck decides, each of these checks goes wrong one time in nine; a hundred of them do not all go right.
test("a server whose tosses no seed repeats is never found fault with", { repeats: 19 }, async () => {
  await using server = await serve(coin, { port: 0, logger: silent });
  const { findings } = await runServerChecks({ url: server.url, only: undisturbed, deadlineMs: 4000 });
  expect(findings).toHaveLength(undisturbed.length);
  expect(findings.filter(({ status }) => status === "fail" || status === "warn")).toEqual([]);
});

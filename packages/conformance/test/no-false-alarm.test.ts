import { defineEnvironment } from "@openenv/server";
import { type ServeOptions, serve } from "@openenv/server/node";
import { Type } from "typebox";
import { expect, test } from "vitest";
import { checkedIds, runServerChecks, type Script } from "../src/index.ts";
import { toolbox } from "./peers/workbench.ts";

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

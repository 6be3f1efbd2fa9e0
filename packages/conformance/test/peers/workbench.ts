import { setTimeout as delay } from "node:timers/promises";
import { defineEnvironment, tool } from "@openenv/server";
import { Type } from "typebox";
import type { Script } from "../../src/index.ts";

/** How long what is called slow takes, in milliseconds. */
const slowMs = 500;
/** How long `tally` takes where it is not told, in milliseconds. */
const tallyMs = 300;

const tools = {
  add: tool({
    description: "Adds two numbers.",
    input: Type.Object({ a: Type.Integer(), b: Type.Integer() }),
    run: ({ a, b }) => a + b,
  }),
  bump: tool({ description: "Raises the session's counter by one and tells it.", input: Type.Object({}) }),
  fail: tool({
    description: "Throws.",
    input: Type.Object({}),
    run: () => {
      throw new Error("the tool broke its teeth");
    },
  }),
  wait: tool({
    description: "Takes a while.",
    input: Type.Object({}),
    run: async (_, { signal }) => {
      await delay(slowMs, undefined, { signal });
      return "waited";
    },
  }),
  tally: tool({
    description: "Raises the session's counter by one, slowly and whoever asks it to stop, and tells it.",
    input: Type.Object({ ms: Type.Optional(Type.Number()) }),
  }),
  sleep: tool({
    description: "Does not end unless it is asked to.",
    input: Type.Object({}),
    run: (_, { signal }) => delay(2 ** 30, undefined, { signal }),
  }),
};

const Action = Type.Object({
  do: Type.Enum(["count", "raise", "wait", "finish", "infinite", "mismatch", "unserializable", "annotate"]),
});

/** An environment that does on request everything that a requirement is about: the right peer of the suite's own tests. */
export const workbench = defineEnvironment({
  name: "workbench",
  description: "Does on request what a conformance check must see.",
  version: "1.0.0",
  action: Action,
  observation: Type.Object({ count: Type.Integer() }),
  resetObservation: Type.Object({ label: Type.String() }),
  state: Type.Object({ count: Type.Integer() }),
  resetOptions: Type.Object({
    start: Type.Optional(Type.Integer({ minimum: 0 })),
    fail: Type.Optional(Type.Boolean()),
  }),
  tools,
  create: ({ random }) => {
    let count = 0;
    const outcomes = {
      count: () => ({ observation: { count: ++count }, reward: 0.5 }),
      raise: () => {
        throw new Error("the bench collapsed");
      },
      wait: async () => {
        await delay(slowMs);
        return { observation: { count: ++count }, reward: 0.5 };
      },
      finish: () => ({ observation: { count }, reward: 1, done: true }),
      infinite: () => ({ observation: { count }, reward: Number.POSITIVE_INFINITY }),
      mismatch: () => ({ observation: JSON.parse('{"count":"many"}') }),
      unserializable: () => ({ observation: { count, big: 1n } }),
      annotate: () => ({ observation: { count }, reward: 0, metadata: { note: "annotated" } }),
    };
    return {
      reset: ({ start, fail }) => {
        if (fail) throw new Error("the bench was not cleared");
        count = start ?? Math.floor(random() * 1000);
        return { observation: { label: `start at ${count}` } };
      },
      step: (action) => outcomes[action.do](),
      // What a server must not let through: the two keys are its own.
      state: () => ({ count, episode_id: "the bench's own", step_count: -1 }),
      tools: {
        bump: () => ++count,
        tally: async ({ ms = tallyMs }) => {
          const seen = count;
          await delay(ms);
          count = seen + 1;
          return count;
        },
      },
    };
  },
});

/** The file of --actions for the workbench. */
export const workbenchScript = {
  loopback: true,
  resetRaises: { fail: true },
  valid: [{ do: "count" }],
  raises: { do: "raise" },
  raisesText: "the bench collapsed",
  slow: { do: "wait" },
  finishes: { do: "finish" },
  nonFinite: { do: "infinite" },
  mismatch: { do: "mismatch" },
  unserializable: { do: "unserializable" },
  metadata: { do: "annotate" },
  invalidOption: { start: -1 },
  call: { name: "add", arguments: { a: 1, b: 2 } },
  callRaises: { name: "fail", arguments: {} },
  callRaisesText: "the tool broke its teeth",
  callSlow: { name: "wait", arguments: {} },
  callCounts: { name: "tally", arguments: {} },
  callEndless: { name: "sleep", arguments: {} },
  silenceSeconds: 1,
  callInvalid: { name: "add", arguments: { a: "one" } },
} satisfies Script;

const { call, callRaises, callRaisesText, callSlow, callInvalid } = workbenchScript;

/** The file of --actions for the toolbox. */
export const toolboxScript: Script = {
  valid: [{ type: "call_tool", tool_name: call.name, arguments: call.arguments }],
  call,
  callRaises,
  callRaisesText,
  callSlow,
  callInvalid,
};

/** Only tools. */
export const toolbox = defineEnvironment({
  name: "toolbox",
  description: "Tools and no actions of its own.",
  tools,
  create: () => {
    let count = 0;
    return { reset: () => ({ observation: {} }), tools: { bump: () => ++count, tally: () => ++count } };
  },
});

/** No tools. */
export const bare = defineEnvironment({
  name: "bare",
  description: "Counts, and has no tools.",
  action: Type.Object({ by: Type.Integer() }),
  observation: Type.Object({ count: Type.Integer() }),
  create: () => {
    let count = 0;
    return {
      reset: () => {
        count = 0;
        return { observation: { count } };
      },
      step: ({ by }) => {
        count += by;
        return { observation: { count } };
      },
    };
  },
});

/** Cannot be reset without an option. */
export const picky = defineEnvironment({
  name: "picky",
  description: "Wants to be told which task.",
  action: Type.Object({ by: Type.Integer() }),
  observation: Type.Object({ task: Type.String() }),
  resetOptions: Type.Object({ task: Type.String() }),
  create: () => ({
    reset: ({ task }) => ({ observation: { task } }),
    step: () => ({ observation: { task: "under way" } }),
  }),
});

/** Rolls real dice: no seed repeats them. */
export const dice = defineEnvironment({
  name: "dice",
  description: "Rolls real dice.",
  seedable: false,
  action: Type.Object({}),
  observation: Type.Object({ roll: Type.String() }),
  create: () => {
    const roll = () => ({ observation: { roll: crypto.randomUUID() } });
    return { reset: roll, step: roll };
  },
});

/** Cannot be created. */
export const broken = defineEnvironment({
  name: "broken",
  description: "Cannot be created.",
  action: Type.Object({}),
  create: () => {
    throw new Error("no such device: /dev/secret");
  },
});

/** Its state holds a clock. */
export const clocked = defineEnvironment({
  name: "clocked",
  description: "Tells in its state how long it has been there.",
  action: Type.Object({ by: Type.Integer() }),
  observation: Type.Object({ count: Type.Integer() }),
  state: Type.Object({ count: Type.Integer(), elapsed_ms: Type.Number() }),
  tools: { add: tools.add },
  create: () => {
    let count = 0;
    return {
      reset: () => ({ observation: { count } }),
      step: () => ({ observation: { count: ++count } }),
      state: () => ({ count, elapsed_ms: performance.now() }),
    };
  },
});

/** No seed repeats its episodes, whose outcomes are so few that some are the same by luck. */
export const coin = defineEnvironment({
  name: "coin",
  description: "Tosses a coin, whatever the seed.",
  seedable: false,
  action: Type.Object({ by: Type.Integer() }),
  observation: Type.Object({ heads: Type.Boolean() }),
  create: () => {
    const toss = () => ({ observation: { heads: Math.random() < 0.5 } });
    return { reset: toss, step: toss };
  },
});

/** Takes actions that cannot be made from their schema. */
export const unguessable = defineEnvironment({
  name: "unguessable",
  description: "Wants a text that no generator thinks of.",
  action: Type.Object({ n: Type.Integer({ exclusiveMinimum: 0, exclusiveMaximum: 1 }) }),
  observation: Type.Object({}),
  create: () => ({ reset: () => ({ observation: {} }), step: () => ({ observation: {} }) }),
});

import { setTimeout as delay } from "node:timers/promises";
import { defineEnvironment, tool } from "@openenv/server";
import { Type } from "typebox";
import type { Script } from "../../src/index.ts";

/** How long what is called slow takes, in milliseconds. */
const slowMs = 500;

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
  resetObservation: Type.Object({ count: Type.Integer(), label: Type.String() }),
  state: Type.Object({ count: Type.Integer() }),
  resetOptions: Type.Object({ start: Type.Optional(Type.Integer({ minimum: 0 })) }),
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
      reset: ({ start }) => {
        count = start ?? Math.floor(random() * 1000);
        return { observation: { count, label: "start" } };
      },
      step: (action) => outcomes[action.do](),
      state: () => ({ count }),
      tools: { bump: () => ++count },
    };
  },
});

/** The file of --actions for the workbench. */
export const workbenchScript: Script = {
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
  callSlow: { name: "wait", arguments: {} },
  callInvalid: { name: "add", arguments: { a: "one" } },
};

/** Only tools. */
export const toolbox = defineEnvironment({
  name: "toolbox",
  description: "Tools and no actions of its own.",
  tools,
  create: () => {
    let count = 0;
    return { reset: () => ({ observation: {} }), tools: { bump: () => ++count } };
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
      reset: () => ({ observation: { count: 0 } }),
      step: ({ by }) => {
        count += by;
        return { observation: { count } };
      },
    };
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

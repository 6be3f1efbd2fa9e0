import { defineEnvironment, type Logger, tool } from "@openenv/server";
import Type from "typebox";

/** Adds up; with a reset option, state, tools, and every way to fail. */
export const adder = defineEnvironment({
  name: "adder",
  description: "Adds numbers up.",
  version: "1.2.3",
  action: Type.Object({ add: Type.Integer() }),
  observation: Type.Object({ sum: Type.Integer(), draw: Type.Number() }),
  resetOptions: Type.Object({ start: Type.Optional(Type.Integer()) }),
  state: Type.Object({ sum: Type.Integer() }),
  tools: {
    greet: tool({
      description: "Greets.",
      input: Type.Object({ name: Type.String() }),
      run: ({ name }) => `hello ${name}`,
    }),
    sum: tool({
      description: "Tells a pair's sum.",
      input: Type.Object({ a: Type.Number(), b: Type.Number() }),
      run: ({ a, b }) => ({ sum: a + b }),
    }),
    break: tool({
      description: "Fails.",
      input: Type.Object({}),
      run: () => {
        throw new Error("the tool broke");
      },
    }),
  },
  create: ({ random, signal }) => {
    let sum = 0;
    const look = (): { sum: number; draw: number } => ({ sum, draw: random() });
    return {
      reset: ({ start = 0 }) => {
        sum = start;
        return { observation: look() };
      },
      step: async ({ add }) => {
        if (add === unlucky) throw new Error("unlucky number");
        if (add === endless) await new Promise((resolve) => signal.addEventListener("abort", resolve));
        sum += add;
        return { observation: look(), reward: add / 2, done: sum >= 100, metadata: { added: add } };
      },
      state: () => ({ sum }),
    };
  },
});

/** Has tools alone, and no session of its own. */
export const echo = defineEnvironment({
  name: "echo",
  description: "Echoes.",
  tools: {
    echo_message: tool({
      description: "Echoes a message.",
      input: Type.Object({ message: Type.String() }),
      run: ({ message }) => message,
    }),
  },
  create: () => ({ reset: () => ({ observation: {}, metadata: { status: "ready" } }) }),
});

/** An action on which the environment throws. */
export const unlucky = 13;
/** An action that never ends by itself. */
export const endless = 14;

/** Keeps the expected complaints of an environment out of the tests' output. */
export const quiet: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

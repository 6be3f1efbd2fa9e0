// Environments for the tests of the server: one to play, and one for each way an environment can misbehave.
import Type from "typebox";
import { defineEnvironment, type Logger, tool } from "../src/index.ts";

export const silent: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Guess a number from 1 to 100. */
export const guess = defineEnvironment({
  name: "guess",
  description: "Guess a number between 1 and 100.",
  action: Type.Object({ guess: Type.Integer({ minimum: 1, maximum: 100 }) }),
  observation: Type.Object({ hint: Type.Enum(["higher", "lower", "found", "start"]) }),
  state: Type.Object({ guesses: Type.Integer() }),
  resetOptions: Type.Object({ target: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })) }),
  create: ({ random }) => {
    let target = 0;
    let guesses = 0;
    return {
      reset: (options) => {
        target = options.target ?? 1 + Math.floor(random() * 100);
        guesses = 0;
        return { observation: { hint: "start" } };
      },
      step: ({ guess: number }) => {
        guesses++;
        const hint = number === target ? "found" : number < target ? "higher" : "lower";
        return { observation: { hint }, reward: number === target ? 1 : 0, done: number === target };
      },
      state: () => ({ guesses, target }),
    };
  },
});

/** What the environment below is told to do by its action. */
const Deed = Type.Object({ deed: Type.String(), value: Type.Optional(Type.Unknown()) });

/** Does whatever its action says, bad deeds included. `released` counts closed sessions. */
export function trickster(hooks: { onClose?: () => void | Promise<void>; seedable?: boolean } = {}) {
  const log: string[] = [];
  const held: Array<() => void> = [];
  const environment = defineEnvironment({
    name: "trickster",
    description: "Misbehaves on request.",
    action: Deed,
    observation: Type.Object({ done: Type.String() }),
    ...(hooks.seedable === false && { seedable: false }),
    tools: {
      shout: tool({
        description: "Upper-cases.",
        input: Type.Object({ text: Type.String() }),
        run: ({ text }) => text.toUpperCase(),
      }),
      fail: tool({
        description: "Throws.",
        input: Type.Object({}),
        run: () => {
          throw new Error("tool failure");
        },
      }),
      count: tool({ description: "Counts its calls in this session.", input: Type.Object({}) }),
    },
    create: ({ signal }) => {
      let count = 0;
      return {
        reset: () => {
          log.push("reset");
          return { observation: { done: "reset" } };
        },
        tools: { count: () => ++count },
        step: ({ deed, value }, context) => {
          log.push(deed);
          switch (deed) {
            case "throw":
              throw new Error("secret detail");
            case "throw-nothing":
              throw undefined;
            case "reject":
              return Promise.reject(new Error("secret detail"));
            case "reward":
              return { observation: { done: deed }, reward: Number(value) };
            case "bad-observation":
              return { observation: JSON.parse('{"done": 7}') };
            case "no-outcome":
              return JSON.parse("null");
            case "bigint":
              return { observation: { done: deed }, metadata: { big: 1n } };
            case "cycle": {
              const metadata: Record<string, unknown> = {};
              metadata.self = metadata;
              return { observation: { done: deed }, metadata };
            }
            case "echo":
              return { observation: { done: deed }, metadata: { value } };
            case "hold":
              return new Promise((resolve) => {
                held.push(() => resolve({ observation: { done: "released" } }));
              });
            case "until-aborted":
              return new Promise((_, reject) => {
                context.signal.addEventListener("abort", () => reject(new Error("step aborted")));
              });
            case "until-session-ends":
              return new Promise((_, reject) => {
                signal.addEventListener("abort", () => reject(new Error("session aborted")));
              });
            default:
              return Promise.resolve({ observation: { done: deed } });
          }
        },
        close: async () => {
          log.push("close");
          await hooks.onClose?.();
        },
      };
    },
  });
  return {
    environment,
    log,
    /** Lets the steps that were told to hold go on. */
    release: () => {
      for (const letGo of held.splice(0)) letGo();
    },
    get holding() {
      return held.length;
    },
  };
}

/** The trickster, whose creation waits for a gate. */
export function createdAfter(
  gate: Promise<void>,
  environment: ReturnType<typeof trickster>["environment"],
): typeof environment {
  return {
    ...environment,
    create: async (context) => {
      await gate;
      return (
        environment.create?.(context) ?? Promise.reject(new TypeError("the trickster has lost its create function"))
      );
    },
  };
}

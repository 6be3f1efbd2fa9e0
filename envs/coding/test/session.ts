import { type CodingOptions, defineCoding } from "../src/index.ts";
import type { Action, ResetOptions } from "../src/messages.ts";
import { createSession, type Shared } from "../src/session.ts";

export const fixtureTasks = new URL("fixtures/tasks.jsonl", import.meta.url);

/** One server's shared part, started in a tier; `warnings` has what it said. */
export async function startShared(sandbox: string, options: CodingOptions = {}) {
  const warnings: string[] = [];
  const silent = () => undefined;
  const logger = { debug: silent, info: silent, error: silent, warn: (text: string) => warnings.push(text) };
  const environment = defineCoding({ tasks: fixtureTasks, ...options });
  const shared = await environment.start?.({ sandbox, mode: "simulation", logger });
  if (shared === undefined) throw new TypeError("the environment has no start");
  return { shared, warnings, logger, environment };
}

/** A session with its own episode, and steps that need not say what is always the same. */
export async function openSession(
  shared: Shared,
  reset: ResetOptions = {},
  base: ResetOptions = { task: "guess", max_steps: 100 },
) {
  const signal = new AbortController().signal;
  const silent = () => undefined;
  const logger = { debug: silent, info: silent, warn: silent, error: silent };
  const session = createSession({
    shared,
    random: () => 0,
    signal,
    mode: "simulation",
    logger,
  });
  const first = await session.reset({ ...base, ...reset, episodeId: "test" });
  return {
    first,
    step: async (code: string, rest: Partial<Action> = {}, stop = signal) => {
      if (session.step === undefined) throw new TypeError("the session has no step");
      return session.step({ code, ...rest }, { signal: stop, requestId: undefined });
    },
    state: () => session.state?.(),
    close: async () => session.close?.(),
  };
}

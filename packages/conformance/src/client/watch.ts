import { Violation } from "../verdict.ts";

/** Waits for conditions that events make true. */
export interface Watch {
  /** To be called after every event. */
  changed(): void;
  /** Rejects with a `Violation` that names what was awaited if that takes longer than `ms` milliseconds. */
  until(condition: () => boolean, ms: number, awaited: string): Promise<void>;
  /** Resolves after `ms` milliseconds too. */
  mayBe(condition: () => boolean, ms: number): Promise<void>;
  /** Stops every wait, without an answer. */
  stop(): void;
}

export function createWatch(): Watch {
  const watchers = new Set<() => void>();
  const timers = new Set<ReturnType<typeof setTimeout>>();

  function wait(condition: () => boolean, ms: number, late: Violation | undefined): Promise<void> {
    if (condition()) return Promise.resolve();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(() => (late === undefined ? resolve() : reject(late)), ms);
    const watcher = (): void => {
      if (condition()) resolve();
    };
    timers.add(timer);
    watchers.add(watcher);
    const waited = promise.finally(() => {
      clearTimeout(timer);
      timers.delete(timer);
      watchers.delete(watcher);
    });
    // A check that has already failed no longer waits for it.
    waited.catch(() => undefined);
    return waited;
  }

  return {
    changed() {
      for (const watcher of watchers) watcher();
    },
    until: (condition, ms, awaited) =>
      wait(condition, ms, new Violation(`${awaited}: not within ${ms / 1000} seconds`)),
    mayBe: (condition, ms) => wait(condition, ms, undefined),
    stop() {
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

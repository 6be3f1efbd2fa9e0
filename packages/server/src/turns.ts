import { isPromise, type MaybePromise } from "./maybe-promise.ts";

/** Runs pieces of work one at a time, in the order they came, whichever door they came through. */
export interface Turns {
  /** Runs `work(argument)` at once if nobody's turn is on; otherwise after all that came before. */
  take<A, T>(work: (argument: A) => MaybePromise<T>, argument: A): MaybePromise<T>;
  /** Whether a piece of work is running or waiting. */
  busy(): boolean;
  /** Resolves when all that came before has ended. */
  settled(): Promise<void>;
}

export function openTurns(): Turns {
  let last: Promise<unknown> | undefined; // undefined: nobody's turn

  function follow<T>(work: Promise<T>): Promise<T> {
    last = work;
    const end = (): void => {
      if (last === work) last = undefined;
    };
    work.then(end, end);
    return work;
  }

  return {
    take(work, argument) {
      if (last !== undefined) {
        const mine = () => work(argument);
        return follow(last.then(mine, mine));
      }
      const result = work(argument);
      return isPromise(result) ? follow(result) : result;
    },
    busy: () => last !== undefined,
    async settled() {
      while (last !== undefined) await last.catch(() => undefined);
    },
  };
}

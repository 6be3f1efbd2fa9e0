import { Violation } from "../verdict.ts";

/** Things that arrive, taken one at a time in their order. */
export interface Inbox<T> {
  put(item: T): void;
  /** How many wait to be taken. */
  size(): number;
  /** The next item; a violation if none comes within `deadlineMs`. `awaited` names what was waited for. */
  take(awaited: string, deadlineMs: number): Promise<T>;
}

export function createInbox<T>(): Inbox<T> {
  const items: T[] = [];
  const takers: ((item: T) => void)[] = [];
  return {
    size: () => items.length,
    put(item) {
      const taker = takers.shift();
      if (taker === undefined) items.push(item);
      else taker(item);
    },
    take(awaited, deadlineMs) {
      const [item] = items.splice(0, 1);
      if (item !== undefined) return Promise.resolve(item);
      const { promise, resolve, reject } = Promise.withResolvers<T>();
      const timer = setTimeout(() => {
        takers.splice(takers.indexOf(taker), 1);
        reject(new Violation(`${awaited}: nothing came within ${Math.round(deadlineMs / 100) / 10} seconds`));
      }, deadlineMs);
      const taker = (arrived: T): void => {
        clearTimeout(timer);
        resolve(arrived);
      };
      takers.push(taker);
      return promise;
    },
  };
}

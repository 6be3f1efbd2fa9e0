import { isPromise, type MaybePromise } from "./maybe-promise.ts";

/**
 * Settles as `work` does, or as `expire` says once `ms` milliseconds have passed; the work itself is not stopped.
 * Work that is no promise has no deadline: it is done.
 */
export function withDeadline<T>(work: MaybePromise<T>, ms: number, expire: () => T): MaybePromise<T> {
  if (!isPromise(work) || ms === Number.POSITIVE_INFINITY) return work;
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(
      () => {
        try {
          resolve(expire());
        } catch (reason) {
          reject(reason);
        }
      },
      Math.min(ms, longestTimerMs),
    );
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** A timer set for longer than this fires at once. */
const longestTimerMs = 2 ** 31 - 1;

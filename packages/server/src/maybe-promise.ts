// Nothing is awaited that is not a promise, so that a synchronous environment is answered without leaving the stack.
// Functions here take their argument beside the work: a step makes no closure on its way down and up.

/** A value that may still be on its way. */
export type MaybePromise<T> = T | Promise<T>;

export function isPromise<T>(value: MaybePromise<T>): value is Promise<T> {
  return value instanceof Promise;
}

/** Goes on with a value, at once if it is here already. */
export function proceed<T, U>(value: MaybePromise<T>, next: (value: T) => MaybePromise<U>): MaybePromise<U> {
  return isPromise(value) ? value.then(next) : next(value);
}

/** Runs `work` and turns a throw or a rejection into a value. */
export function attempt<A, T>(
  work: (argument: A) => MaybePromise<T>,
  argument: A,
  recover: (reason: unknown) => T,
): MaybePromise<T> {
  try {
    const value = work(argument);
    return isPromise(value) ? value.catch(recover) : value;
  } catch (reason) {
    return recover(reason);
  }
}

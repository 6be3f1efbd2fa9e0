/** An abort signal made when somebody asks for it: a controller per step would cost more than the step. */
export interface LazySignal {
  readonly signal: AbortSignal;
  abort(reason: Error): void;
}

export function lazySignal(): LazySignal {
  let controller: AbortController | undefined;
  let reason: Error | undefined;
  return {
    get signal() {
      controller ??= new AbortController();
      if (reason !== undefined) controller.abort(reason);
      return controller.signal;
    },
    abort(why) {
      reason ??= why;
      controller?.abort(reason);
    },
  };
}

// What the author's functions are handed. Classes, against the house's habit, because both are measured: an abort
// controller per step costs more than the step, so the signal is made when somebody asks for it; and a getter in an
// object literal gives each object a shape of its own, which cost half a step's time and a third of a session's memory.

import type { CreateContext, Logger, Mode, StepContext } from "./environment.ts";

/** Holds an abort signal that does not exist until it is looked at. */
abstract class Abortable {
  #controller: AbortController | undefined;
  #reason: Error | undefined;

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    return this.#controller.signal;
  }

  abort(reason: Error): void {
    this.#reason ??= reason;
    this.#controller?.abort(this.#reason);
  }
}

/** The context of one step or tool call. */
export class LiveStep extends Abortable implements StepContext {
  readonly requestId: string | undefined;

  constructor(requestId: string | undefined) {
    super();
    this.requestId = requestId;
  }
}

/** The context of one session. */
export class LiveSession extends Abortable implements CreateContext {
  readonly random: () => number;
  readonly mode: Mode;
  readonly logger: Logger;
  readonly shared: unknown;

  constructor(about: { random: () => number; mode: Mode; logger: Logger; shared: unknown }) {
    super();
    this.random = about.random;
    this.mode = about.mode;
    this.logger = about.logger;
    this.shared = about.shared;
  }
}

/** The person at the keyboard, or the system, asked for an end. */
export class InterruptError extends Error {
  override readonly name = "InterruptError";
}

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Any long time, in milliseconds. */
const dayMs = 24 * 60 * 60_000;

/**
 * Aborted by the first Ctrl-C, SIGTERM or closed terminal; the second ends the process at once. Until it is released the
 * process stays: Node would leave while an environment in this process waits for nothing but a signal.
 */
export function interruptSignal(): { signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const onSignal = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort(new InterruptError(`interrupted by ${name}`));
  };
  for (const name of signals) process.on(name, onSignal);
  const stay = setInterval(() => undefined, dayMs);
  return {
    signal: controller.signal,
    release() {
      clearInterval(stay);
      for (const name of signals) process.off(name, onSignal);
    },
  };
}

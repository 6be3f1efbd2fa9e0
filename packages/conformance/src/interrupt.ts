/** The person at the keyboard, or the system, asked for an end. */
export class Interrupted extends Error {}

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Aborted by the first Ctrl-C, so that everything is closed in order; the second ends the process at once. */
export function untilInterrupted(): { signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const onSignal = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort(new Interrupted(`interrupted by ${name}`));
  };
  for (const name of signals) process.on(name, onSignal);
  return {
    signal: controller.signal,
    release() {
      for (const name of signals) process.off(name, onSignal);
    },
  };
}

type Timer = ReturnType<typeof setTimeout>;

/** Longest delay a timer can hold, in milliseconds; one set for longer would fire at once. */
const longestMs = 2 ** 31 - 1;

/** Runs `expire` after `ms` milliseconds; never, if that is longer than a timer can wait (24 days). */
export function startDeadline(ms: number, expire: () => void): Timer | undefined {
  return ms > longestMs ? undefined : setTimeout(expire, ms);
}

/** Runs `beat` every `ms` milliseconds, without keeping the process alive; never, if that is longer than a timer can wait. */
export function startPulse(ms: number, beat: () => void): Timer | undefined {
  return ms > longestMs ? undefined : setInterval(beat, ms).unref();
}

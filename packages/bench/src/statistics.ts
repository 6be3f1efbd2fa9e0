/** A figure of a subject against its floor, over the repetitions. */
export interface Spread {
  median: number;
  min: number;
  max: number;
  /** Best repetition of the subject against the best of the floor. */
  best: number;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** Ratios per repetition, and of the best of each: `better` says which of several numbers is the best. */
export function compareSamples(
  subject: readonly number[],
  floor: readonly number[],
  better: (...values: number[]) => number,
): Spread {
  const ratios = subject.map((value, repetition) => value / (floor[repetition] ?? Number.NaN));
  return {
    median: median(ratios),
    min: Math.min(...ratios),
    max: Math.max(...ratios),
    best: better(...subject) / better(...floor),
  };
}

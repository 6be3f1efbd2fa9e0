import type { Spread } from "./statistics.ts";

/** A limit that a figure has to keep. */
export interface Target {
  /** What is limited, as the table names it. */
  of: string;
  is: "at least" | "at most";
  limit: number;
  reached: number;
  met: boolean;
}

/** One line of the result: a subject against its floor. Without targets it is only reported. */
export interface Row {
  subject: string;
  floor: string;
  /** How fast the subject is, in floors; of rows about memory, how much it takes. */
  ratio: Spread;
  /** CPU per step, in floors. Null where there is no server to ask. */
  serverCpu: Spread | null;
  loadCpu: Spread | null;
  /** Medians over the repetitions, in microseconds. */
  p50Us: number | null;
  p99Us: number | null;
  targets: Target[];
}

/** Noise only ever slows: of the median and the best, the one nearer to the target counts. */
export function atLeast(of: string, limit: number, { median, best }: Pick<Spread, "median" | "best">): Target {
  const reached = Math.max(median, best);
  return { of, is: "at least", limit, reached, met: reached >= limit };
}

export function atMost(of: string, limit: number, { median, best }: Pick<Spread, "median" | "best">): Target {
  const reached = Math.min(median, best);
  return { of, is: "at most", limit, reached, met: reached <= limit };
}

/** Rows that miss a target. */
export function missed(rows: readonly Row[]): Row[] {
  return rows.filter(({ targets }) => targets.some(({ met }) => !met));
}

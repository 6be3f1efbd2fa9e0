import type { Spawning } from "./child.ts";
import type { Windows } from "./comparison.ts";
import type { Row } from "./row.ts";

/** How much is measured, and where. */
export interface Measuring {
  windows: Windows;
  /** Sessions that idle at once. */
  idleSessions: number;
  /** Sessions opened and closed in each round. */
  roundSessions: number;
  spawning: Spawning;
}

/** Rows that are measured together. */
export interface Subject {
  /** Subjects of its rows, as `--only` selects them. */
  names: readonly string[];
  measure(measuring: Measuring): Promise<Row[]>;
}

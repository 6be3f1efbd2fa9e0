import type { Arguments } from "./arguments.ts";
import { memorySubjects } from "./memory.ts";
import { sharedCore } from "./placement.ts";
import type { Progress } from "./progress.ts";
import type { Report } from "./report.ts";
import type { Row } from "./row.ts";
import { speedSubjects } from "./speed.ts";
import type { Measuring, Subject } from "./subject.ts";

const subjects: readonly Subject[] = [...speedSubjects, ...memorySubjects];

export const subjectNames: readonly string[] = subjects.flatMap(({ names }) => names);

const full = {
  windows: { crews: 5, repetitions: 40, windowMs: 250, warmUpMs: 1_000 },
  idleSessions: 5_000,
  roundSessions: 2_000,
};
const quick = {
  windows: { crews: 1, repetitions: 2, windowMs: 100, warmUpMs: 100 },
  idleSessions: 200,
  roundSessions: 50,
};

/** Measures what was asked for. Aborting ends its processes, and rejects. */
export async function run(args: Arguments, progress: Progress, signal: AbortSignal): Promise<Report> {
  const chosen = subjects.filter(({ names }) => names.some((name) => name.includes(args.only)));
  const extent = args.quick ? quick : full;
  const windows = { ...extent.windows, ...(args.repetitions !== undefined && { repetitions: args.repetitions }) };
  const core = args.quick ? undefined : sharedCore();
  const measuring: Measuring = { ...extent, windows, spawning: { core, signal } };
  const startedAt = new Date().toISOString();
  const rows: Row[] = [];
  for (const [index, subject] of chosen.entries()) {
    progress.at(index + 1, chosen.length, [...new Set(subject.names)].join(", "));
    rows.push(...(await subject.measure(measuring)));
  }
  return {
    startedAt,
    node: process.version,
    core: core ?? null,
    quick: args.quick,
    repetitions: windows.repetitions,
    rows: rows.filter(({ subject }) => subject.includes(args.only)),
  };
}

import { runClientChecks } from "./client/run.ts";
import type { CommonFlags, Judging } from "./program.ts";
import type { Report } from "./report.ts";

export interface ClientFlags extends CommonFlags {
  command: string;
}

/** Judges the client that the flags name. @throws {UnableError} where its program does not start. */
export function judgeClient(flags: ClientFlags, { baseline, signal, progress }: Judging): Promise<Report> {
  const { command, only, seed, timeout } = flags;
  return runClientChecks({
    command,
    seed,
    deadlineMs: timeout * 1000,
    signal,
    onFinding: ({ id }, made, all) => progress.at(made, all, id),
    ...(only === undefined ? {} : { only }),
    ...(baseline === undefined ? {} : { baseline }),
  });
}

import type { Baseline } from "../baseline.ts";
import type { Finding, Report } from "../report.ts";
import { requirementLink, requirements } from "../requirements.ts";
import { type Check, summarize } from "../run.ts";
import { everyClientCheck } from "./checks/index.ts";
import type { ClientCheck } from "./client.ts";
import { type ClientJudging, judgeClient } from "./judge.ts";
import { startProgram } from "./program.ts";

export interface ClientOptions {
  /** The program that drives the client: a text as `sh -c` runs it, or a program and its arguments. */
  command: string | readonly string[];
  /** Where the marks begin by which a reply is told from another. Default 1. */
  seed?: number;
  /** How long a result, or what a client must do by itself, may take, in milliseconds. Default 10000. */
  deadlineMs?: number;
}

export interface ClientRunOptions extends ClientOptions {
  /** How the report names the client. Default: its command. */
  target?: string;
  /** Failures that are expected. */
  baseline?: Baseline;
  /** Only these requirements. Default: all. */
  only?: readonly string[];
  /** Sees each finding as it is made, with how many there are and will be. */
  onFinding?: (finding: Finding, made: number, all: number) => void;
  /** Stops the run: the program is ended and the run rejects with the signal's reason. */
  signal?: AbortSignal;
}

/**
 * The checks of a client, as values: any test runner can loop over them. Each starts the program anew and ends it.
 * A check throws `UnableError` where the program does not start.
 */
export function clientChecks(options: ClientOptions): Check<"client">[] {
  const judging = judgingOf(options);
  return everyClientCheck.map((check) => ({
    id: check.id,
    profile: "client",
    ...requirements[check.id],
    link: requirementLink(check.id),
    run: () => judgeAnew(check, options, judging),
  }));
}

/** Runs every check against a client. Throws `UnableError` where its program does not start. */
export async function runClientChecks(options: ClientRunOptions): Promise<Report> {
  const { seed = 1, signal, onFinding } = options;
  const judging = judgingOf(options);
  const chosen = everyClientCheck.filter(({ id }) => options.only?.includes(id) ?? true);
  const findings: Finding[] = [];
  let program = await startProgram(options);
  let fresh = true;
  const restart = async (): Promise<void> => {
    await program.end();
    program = await startProgram(options);
    fresh = true;
  };
  try {
    for (const check of chosen) {
      if (!program.sound()) await restart();
      let finding = await judgeClient(check, program, judging);
      // What earlier checks left in the program must not be held against it here.
      if (!fresh && (finding.status === "fail" || finding.status === "warn")) {
        await restart();
        finding = await judgeClient(check, program, judging);
      }
      fresh = false;
      findings.push(finding);
      onFinding?.(finding, findings.length, chosen.length);
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    await program.end();
  }
  const target = options.target ?? [options.command].flat().join(" ");
  return summarize({ kind: "client", target, profiles: ["client"], seed, findings, baseline: options.baseline });
}

async function judgeAnew(check: ClientCheck, options: ClientOptions, judging: ClientJudging): Promise<Finding> {
  const program = await startProgram(options);
  try {
    return await judgeClient(check, program, judging);
  } finally {
    await program.end();
  }
}

function judgingOf({ seed = 1, deadlineMs = 10_000 }: ClientOptions): ClientJudging {
  let marks = 0;
  const mark = (): string => {
    marks += 1;
    return `mark-${seed}-${marks}`;
  };
  return { deadlineMs, mark };
}

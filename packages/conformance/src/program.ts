import { readFileSync, writeFileSync } from "node:fs";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { type Baseline, parseBaseline } from "./baseline.ts";
import { profiles } from "./check.ts";
import { Interrupted, untilInterrupted } from "./interrupt.ts";
import { type ClientFlags, judgeClient } from "./program-client.ts";
import { judgeServer, type ServerFlags } from "./program-server.ts";
import { showProgress } from "./progress.ts";
import type { Report } from "./report.ts";
import { badge } from "./reports/badge.ts";
import { htmlReport } from "./reports/html.ts";
import { junitReport } from "./reports/junit.ts";
import { terminalReport } from "./reports/terminal.ts";
import { requirements } from "./requirements.ts";
import { parseScript } from "./script.ts";
import { causeOf, UnableError, UsageError } from "./unable.ts";

/** Flags that servers and clients share. */
export interface CommonFlags {
  knownFailures?: string;
  only?: string[];
  seed: number;
  timeout: number;
  json?: string;
  junit?: string;
  html?: string;
  badge?: string;
  verbose?: boolean;
}

/** What a judgement needs from the command line. */
export interface Judging {
  baseline: Baseline | undefined;
  signal: AbortSignal;
  progress: ReturnType<typeof showProgress>;
}

/**
 * Runs the command with these arguments. Resolves with its exit code: 0 the peer conforms, 1 it does not, 2 wrong usage, 3 there was
 * nothing to judge, 130 interrupted.
 */
export async function runProgram(args: readonly string[]): Promise<number> {
  let exitCode = 0;
  const program = new Command("openenv-conformance")
    .description("Judges servers and clients of OpenEnv, in any language, by the requirements of the specification.")
    .exitOverride()
    .showHelpAfterError("(see --help)")
    .addHelpText(
      "after",
      "\nExit codes: 0 conforms, 1 findings, 2 wrong usage, 3 nothing to judge (unreachable, no engine; a defect of the suite is told as such), 130 interrupted.",
    );
  addServer(program, async (moreArguments, flags) => {
    const asked = { flags, moreArguments };
    exitCode = await judge(flags, (judging) => judgeServer(asked, readScript(flags.actions), judging));
  });
  addClient(program, async (flags) => {
    exitCode = await judge(flags, (judging) => judgeClient(flags, judging));
  });
  addList(program);
  try {
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (reason) {
    return tell(reason);
  }
}

function addServer(program: Command, run: (moreArguments: string[], flags: ServerFlags) => Promise<void>): void {
  const command = program
    .command("server")
    .description("judge a server: one that runs, or one in a container that this command starts")
    .argument("[arguments...]", "after --: for the command of the image, after its own arguments")
    .option("--url <url>", "address of a running server")
    .option("--image <image>", "start this image; also makes checkable what needs a restart or a shutdown")
    .option("--dockerfile <folder>", "build this folder's Dockerfile, or this Dockerfile, and start the image")
    .option("--context <folder>", "with --dockerfile: what the Dockerfile may copy from (default: its own folder)")
    .option("--base-image <image>", "with --dockerfile: the build argument BASE_IMAGE")
    .option("--port <number>", "port that the server in the container listens on", wholeNumber(1, 65_535), 8000)
    .option(
      "--security-opt <option...>",
      "security options of the container, as of docker run, apart from files of profiles",
    )
    .option("--env <name=value...>", "environment variables of the container", variable)
    .addOption(
      new Option("--profile <name...>", "profiles that must be offered (default: those that are)").choices(profiles),
    )
    .option(
      "--actions <file>",
      "what the suite cannot guess: valid actions, one that raises, ... (YAML or JSON; see the README)",
    )
    .option("--slow", "also checks that wait out the server's own timers, for minutes");
  addCommon(command)
    .addHelpText(
      "after",
      "\nExamples:\n  openenv-conformance server --url http://localhost:8000\n  openenv-conformance server --image my-env:latest --html report.html\n  openenv-conformance server --image my-env --security-opt seccomp=unconfined --env LEVEL=2 -- --max-sessions 64\n  openenv-conformance server --url localhost:8000 --profile core --known-failures known.yaml",
    )
    .action(run);
}

function addClient(program: Command, run: (flags: ClientFlags) => Promise<void>): void {
  const command = program
    .command("client")
    .description("judge a client: a program that reads one JSON command per line and answers each with one JSON line")
    .requiredOption("--command <command>", "the program, as a shell runs it");
  addCommon(command)
    .addHelpText("after", '\nExample:\n  openenv-conformance client --command "python3 driver.py" --junit report.xml')
    .action(run);
}

function addCommon(command: Command): Command {
  return command
    .option(
      "--known-failures <file>",
      "requirement ids that are expected to fail; one that passes fails the run (YAML or JSON)",
    )
    .option("--only <id...>", "only these requirements")
    .option("--seed <number>", "where generated actions begin", wholeNumber(0), 1)
    .option("--timeout <seconds>", "how long one reply may take", wholeNumber(1, 3600), 10)
    .option("--json <file>", "write the report as JSON; - writes it to standard output instead of the text")
    .option("--junit <file>", "write it as JUnit XML")
    .option("--html <file>", "write it as one HTML page")
    .option("--badge <file>", "write a badge, as SVG")
    .option("--verbose", "list also what passed and what is not applicable");
}

function addList(program: Command): void {
  program
    .command("list")
    .description("list every requirement that has a check")
    .action(async () => {
      const { checkedIds } = await import("./index.ts");
      for (const id of checkedIds) process.stdout.write(`${id}\n  ${requirements[id].sentence}\n`);
    });
}

async function judge(flags: CommonFlags, run: (judging: Judging) => Promise<Report>): Promise<number> {
  for (const id of flags.only ?? [])
    if (!Object.hasOwn(requirements, id)) throw new UsageError(`--only: there is no requirement ${id}`);
  const baseline = flags.knownFailures === undefined ? undefined : read(flags.knownFailures, parseBaseline);
  const progress = showProgress(process.stderr);
  const { signal, release } = untilInterrupted();
  try {
    const report = await run({ baseline, signal, progress });
    progress.stop();
    write(report, flags);
    return report.passed ? 0 : 1;
  } finally {
    progress.stop();
    release();
  }
}

function write(report: Report, flags: CommonFlags): void {
  const json = `${JSON.stringify(report, null, 2)}\n`;
  const colour = process.stdout.hasColors?.() ?? false;
  const text = terminalReport(report, { colour, verbose: flags.verbose ?? false });
  process.stdout.write(flags.json === "-" ? json : text);
  const files: [string | undefined, () => string][] = [
    [flags.json === "-" ? undefined : flags.json, () => json],
    [flags.junit, () => junitReport(report)],
    [flags.html, () => htmlReport(report)],
    [flags.badge, () => badge(report)],
  ];
  for (const [path, render] of files) {
    if (path === undefined) continue;
    try {
      writeFileSync(path, render());
    } catch (cause) {
      throw new UnableError(`the report could not be written to ${path}: ${causeOf(cause)}`);
    }
  }
}

function readScript(path: string | undefined): ReturnType<typeof parseScript> {
  return path === undefined ? {} : read(path, parseScript);
}

/** What a file of the user holds. @throws {UsageError} that names the file. */
function read<T>(path: string, parse: (text: string) => T): T {
  try {
    return parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new UsageError(`${path}: ${causeOf(cause)}`);
  }
}

function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < least || value > most)
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
    return value;
  };
}

/** Adds a variable, `NAME=value`, to those before it. */
function variable(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError("It must be NAME=value.");
  return { ...before, [name]: value };
}

function tell(reason: unknown): number {
  if (reason instanceof CommanderError) return reason.exitCode === 0 ? 0 : 2;
  if (reason instanceof Interrupted) return 130;
  const usage = reason instanceof UsageError;
  if (usage || reason instanceof UnableError) {
    process.stderr.write(`openenv-conformance: ${reason.message}\n`);
    return usage ? 2 : 3;
  }
  // Whatever else is thrown is a defect of the suite and must not look like one of the peer.
  process.stderr.write(`openenv-conformance: a defect of the suite itself\n${causesOf(reason)}\n`);
  return 3;
}

function causesOf(reason: unknown): string {
  if (!(reason instanceof Error)) return String(reason);
  return `${reason.stack}${reason.cause === undefined ? "" : `\ncaused by ${causesOf(reason.cause)}`}`;
}

import { readFileSync } from "node:fs";
import { messageOf, ProtocolError, TransportError } from "@openenv/schema";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { inspectCommand } from "./inspect-command.ts";
import { InterruptError } from "./interrupt.ts";
import { quickstartCommand } from "./quickstart-command.ts";
import { type RunFlags, runCommand } from "./run-command.ts";
import { type ServeFlags, serveCommand } from "./serve-command.ts";
import { plain } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

/**
 * Runs the `openenv` command with these arguments; resolves with its exit code: 0, 1 for a failure, 2 for a usage error,
 * 130 if it was interrupted.
 */
export async function runProgram(args: readonly string[]): Promise<number> {
  let exitCode = 0;
  const program = new Command("openenv")
    .description("Serve, drive and inspect environments for agentic reinforcement learning.")
    .version(version(), "--version")
    .exitOverride()
    .showHelpAfterError("(see --help)");
  for (const add of [addServe, addRun, addInspect, addQuickstart]) {
    add(program, (code) => {
      exitCode = code;
    });
  }
  try {
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (reason) {
    return report(reason);
  }
}

/** Takes the exit code of a command that has run. */
type Done = (exitCode: number) => void;

function addServe(program: Command, done: Done): void {
  program
    .command("serve")
    .description("serve an environment over HTTP and WebSocket until interrupted")
    .argument("<environment>", "folder of an environment, or name of an installed package")
    .option("--host <address>", "address to listen on; 0.0.0.0 opens it to the network", "127.0.0.1")
    .option("--port <number>", "port to listen on; 0 takes a free one", wholeNumber(0, 65_535), 8000)
    .option("--unix <path>", "listen on a Unix socket instead")
    .addOption(
      new Option("--mode <mode>", "who it serves: trainers, or agents at work")
        .choices(["simulation", "production"])
        .default("simulation"),
    )
    .option(
      "--max-sessions <number>",
      "most sessions at a time (default: 256, or fewer if the environment says so)",
      wholeNumber(1),
    )
    .option(
      "--idle-timeout <seconds>",
      "end sessions that are silent for so long (default: never while connected)",
      seconds,
    )
    .option("--sandbox <tier>", "how untrusted programs are confined: auto, bubblewrap or none", "auto")
    .option("--reset <json>", "what each session is reset with, in production mode")
    .option("--allow-origin <origin...>", "origins whose web pages may connect, as https://example.org")
    .addHelpText(
      "after",
      "\nExamples:\n  openenv serve envs/coding --port 8000\n  openenv serve envs/echo --unix /run/echo.sock --mode production",
    )
    .action(async (where: string, flags: ServeFlags) => {
      done(await serveCommand(where, flags));
    });
}

function addRun(program: Command, done: Done): void {
  program
    .command("run")
    .description("play episodes with an agent and store them")
    .argument("<target>", "address of a server (http, https, ws, wss, unix), or an environment to run in this process")
    .option(
      "--agent <agent>",
      "oracle, empty, command or model (set by OPENAI_BASE_URL, OPENAI_API_KEY, OPENENV_MODEL)",
      "oracle",
    )
    .option(
      "--command <program>",
      "the command agent: reads one JSON line per observation, writes one JSON action per line",
    )
    .option("--tasks <file>", 'tasks as JSON Lines: {"id", "reset", "oracle"} (default: the environment\'s own)')
    .option("--environment <environment>", "where the tasks of a server's environment come from")
    .option("--episodes <number>", "how many episodes (default: each task once)", wholeNumber(1))
    .option("--concurrency <number>", "sessions at a time", wholeNumber(1), 8)
    .option("--max-steps <number>", "most steps of one episode", wholeNumber(1), 100)
    .option(
      "--seed <number>",
      "seed of the first episode; the next ones count up",
      wholeNumber(Number.MIN_SAFE_INTEGER),
    )
    .option("--out <file>", "store the episodes as JSON Lines; replaces the file")
    .option("--sandbox <tier>", "as for serve, where the environment runs in this process", "auto")
    .option("--bearer <token>", "sent to the server as Authorization: Bearer")
    .addHelpText(
      "after",
      '\nExamples:\n  openenv run envs/coding --agent oracle\n  openenv run http://localhost:8000 --agent command --command "python3 policy.py" --out trajectories.jsonl',
    )
    .action(async (where: string, flags: RunFlags) => {
      done(await runCommand(where, flags));
    });
}

function addInspect(program: Command, done: Done): void {
  program
    .command("inspect")
    .description("show what a server tells of itself: health, metadata, schemas, tools, capacity")
    .argument("<url>", "address of a server")
    .option("--json", "print JSON")
    .option("--bearer <token>", "sent to the server as Authorization: Bearer")
    .addHelpText(
      "after",
      "\nExamples:\n  openenv inspect http://localhost:8000\n  openenv inspect unix:/run/echo.sock --json",
    )
    .action(async (address: string, flags: { json?: boolean; bearer?: string }) => {
      done(await inspectCommand(address, flags));
    });
}

function addQuickstart(program: Command, done: Done): void {
  program
    .command("quickstart")
    .description("serve an environment and play all its tasks: with the reference solutions and with an empty agent")
    .argument("<environment>", "folder of an environment, or name of an installed package")
    .addHelpText(
      "after",
      "\nExample:\n  openenv quickstart envs/coding\n\nExits with 0 if the reference solutions earn 1 everywhere and the empty agent earns 0.",
    )
    .action(async (where: string) => {
      done(await quickstartCommand(where));
    });
}

/** Tells what went wrong, and what to do next where that is known. */
function report(reason: unknown): number {
  if (reason instanceof CommanderError) return reason.exitCode === 0 ? 0 : 2; // commander has told it
  if (reason instanceof InterruptError) {
    console.error(reason.message);
    return 130;
  }
  console.error(`error: ${plain(messageOf(reason))}`);
  const advice = adviceFor(reason);
  if (advice !== undefined) console.error(advice);
  return reason instanceof UsageError ? 2 : 1;
}

function adviceFor(reason: unknown): string | undefined {
  if (reason instanceof UsageError) return reason.advice;
  if (reason instanceof TransportError && reason.reason === "connect") {
    return "Is the server running? Start one with: openenv serve <environment>";
  }
  if (reason instanceof TransportError && reason.reason === "invalid-reply") {
    return "Is this the address of an OpenEnv server? Look at it with: openenv inspect <url>";
  }
  if (reason instanceof ProtocolError && reason.code === "CAPACITY_REACHED") {
    return "Use fewer sessions (--concurrency), or serve with more (--max-sessions).";
  }
  return undefined;
}

function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (!Number.isSafeInteger(number) || number < least || number > most) {
      throw new InvalidArgumentError(`Must be a whole number from ${least} to ${most}.`);
    }
    return number;
  };
}

function seconds(text: string): number {
  const number = Number(text);
  if (!(number > 0)) throw new InvalidArgumentError("Must be a number of seconds above zero.");
  return number;
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  return String(Reflect.get(Object(manifest), "version"));
}

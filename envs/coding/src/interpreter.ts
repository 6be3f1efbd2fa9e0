import { randomUUID } from "node:crypto";
import type { Cell } from "@openenv/sandbox";
import { type Message, openChannel, type Received } from "./channel.ts";
import type { Runtime } from "./language.ts";
import type { LimitName } from "./messages.ts";
import { collect, keptBytes, settle } from "./output.ts";

/** What came of running one piece of code. */
export interface RunResult {
  stdout: string;
  stderr: string;
  exitCode: number;
  limit: LimitName | null;
}

/** What came of one call. `value` is in the runners' JSON form; without it the call failed. */
export type CallResult = { value: unknown } | { error: string };

export interface Deadline {
  timeoutMs: number;
  /** Ends the interpreter. */
  signal: AbortSignal;
}

/** A process of its own that keeps what its code defines. */
export interface Interpreter {
  /** Whether it can take another request; false once it has ended or was ended. */
  readonly alive: boolean;
  /** Runs code. `name` is what the code sees as its `__name__`; `show` prints a last expression's value. */
  run(request: { code: string; name: string; show: boolean }, deadline: Deadline): Promise<RunResult>;
  /** Calls a function that the code has defined. */
  call(name: string, args: unknown[], deadline: Deadline): Promise<CallResult>;
  close(): Promise<void>;
}

/** Exit code of a step that a limit ended, as of the `timeout` command. */
const endedByLimit = 124;

const sentences: Record<LimitName, string> = {
  time: "The step took too long and was stopped.",
  memory: "The step needed more memory than it may use.",
  output: "The step wrote too much.",
  processes: "The step started more processes or threads than it may.",
  files: "The step wrote larger or more files than it may.",
};
const freshStart = "The interpreter has ended: the next step starts a new one, without the variables of earlier steps.";

export async function startInterpreter(cell: Cell, runtime: Runtime): Promise<Interpreter> {
  const { program: prepared, interpreter: args, limits, env } = runtime;
  const program = await cell.start(prepared, { args, limits, env, extraPipes: 2 });
  program.stdin.end();
  const channel = openChannel(program);
  let alive = true;
  let flooded = false;
  const close = async () => {
    alive = false;
    await program.kill();
  };
  const onFlood = () => {
    flooded = true;
    void close();
  };
  const output = collect(program.stdout, onFlood);
  const errors = collect(program.stderr, onFlood);

  async function ask(message: Message, deadline: Deadline): Promise<Received> {
    const id = randomUUID();
    channel.send({ ...message, id });
    const received = await channel.receive(id, deadline);
    if (received.kind !== "message" || received.message.exited === true) await close();
    await settle([program.stdout, program.stderr]);
    if (received.kind === "aborted") throw received.reason;
    return flooded ? { kind: "flood" } : received;
  }

  return {
    get alive() {
      return alive;
    },
    async run(request, deadline) {
      const received = await ask({ op: "run", ...request }, deadline);
      const [stdout, stderr] = [output.take(), errors.take()];
      const ending = received.kind === "ended" ? await program.exited : 0;
      const verdict =
        received.kind === "message" ? readReply(received.message) : readEnd(received, ending, stderr.text);
      const truncated = stdout.truncated || stderr.truncated;
      return told({ ...verdict, stdout: stdout.text, stderr: stderr.text }, truncated, alive);
    },
    async call(name, args, deadline) {
      const received = await ask({ op: "call", name, args }, deadline);
      output.take();
      errors.take();
      if (received.kind !== "message") return { error: `the call came to nothing: ${received.kind}` };
      const { message } = received;
      return "value" in message ? { value: message.value } : { error: String(message.error) };
    },
    close,
  };
}

type Verdict = Pick<RunResult, "exitCode" | "limit">;

function readReply({ exit_code: code, limit }: Message): Verdict {
  // A reply can be forged by the code that ran: whatever it says is about itself only.
  return { exitCode: Number.isInteger(code) ? Number(code) : 1, limit: isLimitName(limit) ? limit : null };
}

function isLimitName(value: unknown): value is LimitName {
  return typeof value === "string" && Object.hasOwn(sentences, value);
}

const signalled = { SIGABRT: 134, SIGTRAP: 133, SIGKILL: 137, SIGXCPU: 152, SIGXFSZ: 153 };

function readEnd(received: Received, exitCode: number, stderr: string): Verdict {
  if (received.kind === "time") return { exitCode: endedByLimit, limit: "time" };
  if (received.kind === "flood") return { exitCode: endedByLimit, limit: "output" };
  if (exitCode === signalled.SIGXCPU) return { exitCode, limit: "time" };
  if (exitCode === signalled.SIGXFSZ) return { exitCode, limit: "files" };
  const outOfHeap = /heap out of memory|process out of memory|allocation failed/i.test(stderr);
  const aborted = exitCode === signalled.SIGABRT || exitCode === signalled.SIGTRAP;
  // Nobody but the kernel, short of memory, kills a program that we have not killed.
  if ((aborted && outOfHeap) || exitCode === signalled.SIGKILL) return { exitCode, limit: "memory" };
  return { exitCode, limit: null };
}

/** Says in standard error what a reader of the code could not know. */
function told(result: RunResult, truncated: boolean, alive: boolean): RunResult {
  const limit = result.limit ?? (truncated ? "output" : null);
  const notes = [
    ...(limit === null || limit === "output" ? [] : [sentences[limit]]),
    ...(limit === "output" ? [`${sentences.output} Of each stream ${keptBytes} bytes were kept.`] : []),
    ...(alive ? [] : [freshStart]),
  ];
  const separator = result.stderr === "" || result.stderr.endsWith("\n") ? "" : "\n";
  const stderr = notes.length === 0 ? result.stderr : `${result.stderr}${separator}${notes.join("\n")}\n`;
  return { ...result, stderr, limit };
}

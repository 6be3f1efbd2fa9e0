import { randomUUID } from "node:crypto";
import type { Cell } from "@openenv/sandbox";
import { type Message, openChannel } from "./channel.ts";
import { equalValues } from "./compare.ts";
import { isDeeperThan } from "./depth.ts";
import { type CallResult, type Deadline, type Interpreter, type RunResult, startInterpreter } from "./interpreter.ts";
import type { Runtime, Runtimes } from "./language.ts";
import type { CodeTest, Task, Test } from "./task.ts";

/** A test that is code makes several calls: it may take as long as this many tests. */
const codeTestShare = 3;
/** A grading may take as long as this many tests; what has not passed by then has failed. */
const gradingShare = 10;

/** What a submission came to. */
export interface Grade {
  passed: number;
  total: number;
  /** What loading the submission wrote, and how it ended. */
  load: RunResult;
}

export interface Submission {
  code: string;
  runtime: Runtime;
  task: Task;
  /** Longest run of one hidden test, in milliseconds. */
  testTimeoutMs: number;
}

/**
 * Runs the hidden tests on a submission, in fresh processes of the session's cell.
 *
 * No expected value enters a process that runs submitted code: it is sent arguments and returns values, and the
 * comparison is made here. A test that is code runs in a process of its own, which never runs submitted code.
 *
 * @throws the signal's reason if the step is given up.
 */
export async function grade(
  cell: Cell,
  submission: Submission,
  runtimes: Runtimes,
  signal: AbortSignal,
): Promise<Grade> {
  const tests = submission.task.tests.filter((test) => !isCodeTest(test) || runtimes[test.language] !== undefined);
  const end = Date.now() + gradingShare * submission.testTimeoutMs;
  let subject = await loadSubject(cell, submission, signal);
  const { load } = subject;
  let passed = 0;
  try {
    for (const test of tests) {
      if (Date.now() > end) break;
      if (!subject.interpreter.alive) subject = await loadSubject(cell, submission, signal);
      if (subject.load.exitCode !== 0 || !subject.interpreter.alive) break;
      if (await passes(cell, test, submission, subject.interpreter, runtimes, signal)) passed++;
    }
  } finally {
    await subject.interpreter.close();
  }
  return { passed, total: tests.length, load };
}

function isCodeTest(test: Test): test is CodeTest {
  return "code" in test;
}

interface Subject {
  interpreter: Interpreter;
  load: RunResult;
}

async function loadSubject(
  cell: Cell,
  { code, runtime, testTimeoutMs }: Submission,
  signal: AbortSignal,
): Promise<Subject> {
  const interpreter = await startInterpreter(cell, runtime);
  // Not "__main__": what a program does only when it is started itself is not part of the submission.
  const request = { code, name: "submission", show: false };
  const load = await interpreter.run(request, { timeoutMs: testTimeoutMs, signal });
  return { interpreter, load };
}

async function passes(
  cell: Cell,
  test: Test,
  { task, runtime, testTimeoutMs }: Submission,
  subject: Interpreter,
  runtimes: Runtimes,
  signal: AbortSignal,
): Promise<boolean> {
  const candidate = (args: unknown[]) =>
    subject.call(task.entry_point[runtime.language], args, { timeoutMs: testTimeoutMs, signal });
  if (isCodeTest(test)) {
    const checker = runtimes[test.language];
    return (
      checker !== undefined &&
      (await check(cell, checker, test.code, candidate, { timeoutMs: codeTestShare * testTimeoutMs, signal }))
    );
  }
  const result = await candidate(test.args);
  return "value" in result && equalValues(result.value, test.expected, task.tolerance);
}

/** JSON is written and, in Python, read by recursion: deeper values would overflow the stack of server or test. */
const deepestRelayed = 400;

function relayed(result: CallResult): Message {
  return isDeeperThan(deepestRelayed, result) ? { error: "the value is too deep" } : { ...result };
}

/** Runs a test that is code; each call of its candidate goes through `candidate` to the submission. */
async function check(
  cell: Cell,
  { program: prepared, checker: args, limits, env }: Runtime,
  code: string,
  candidate: (args: unknown[]) => Promise<CallResult>,
  { timeoutMs, signal }: Deadline,
): Promise<boolean> {
  const program = await cell.start(prepared, { args, limits, env, extraPipes: 2 });
  const id = randomUUID();
  const end = Date.now() + timeoutMs;
  try {
    // Its traceback would show expected values: nobody reads it.
    program.stdin.end();
    program.stdout.resume();
    program.stderr.resume();
    const channel = openChannel(program);
    channel.send({ id, code });
    for (;;) {
      const received = await channel.receive(id, { timeoutMs: Math.max(1, end - Date.now()), signal });
      if (received.kind === "aborted") throw received.reason;
      if (received.kind !== "message") return false;
      const { passed, args: callArgs } = received.message;
      if (!Array.isArray(callArgs)) return passed === true;
      channel.send(relayed(await candidate(callArgs)));
    }
  } finally {
    await program.kill();
  }
}

import type { Sandbox } from "@openenv/sandbox";
import type { CreateContext, Instance, Outcome, StandardResetOptions, StepContext } from "@openenv/server";
import { grade } from "./grading.ts";
import type { RunResult } from "./interpreter.ts";
import type { Runtime, Runtimes } from "./language.ts";
import type { Action, Observation, ResetOptions } from "./messages.ts";
import type { Language, Task } from "./task.ts";
import { openWorkplace, type Workplace } from "./workplace.ts";

/** What all sessions of a server share. */
export interface Shared {
  sandbox: Sandbox;
  runtimes: Runtimes;
  tasks: ReadonlyMap<string, Task>;
  /** Longest run of one step's code, in milliseconds. */
  stepTimeoutMs: number;
  /** Longest run of one hidden test, in milliseconds. */
  testTimeoutMs: number;
}

const defaultMaxSteps = 10;

interface Episode {
  task: Task;
  language: Language;
  stepsLeft: number;
  /** What a blank submission stands for. */
  lastCode: { code: string; language: Language } | undefined;
}

/** One session. A reset, and a submission, end the interpreters of the steps before. */
export function createSession({ shared, random }: CreateContext<Shared>): Instance<Action, Observation, ResetOptions> {
  const workplace = openWorkplace(shared.sandbox);
  let episode: Episode | undefined;
  return {
    async reset(options: ResetOptions & StandardResetOptions) {
      const task = pickTask(shared.tasks, options.task, random);
      const language = options.language ?? (shared.runtimes.python === undefined ? "javascript" : "python");
      runtimeOf(shared.runtimes, language);
      await workplace.clear();
      episode = { task, language, stepsLeft: options.max_steps ?? defaultMaxSteps, lastCode: undefined };
      return { observation: firstObservation(episode) };
    },
    async step(action: Action, { signal }: StepContext) {
      if (episode === undefined || episode.stepsLeft === 0) throw new RangeError("the episode is over: reset first");
      const language = action.language ?? episode.language;
      runtimeOf(shared.runtimes, language);
      episode.stepsLeft--;
      const isLast = action.submit === true || episode.stepsLeft === 0;
      if (isLast) episode.stepsLeft = 0;
      const work = { shared, workplace, episode, signal };
      return isLast ? submit(work, action.code, language) : explore(work, action.code, language);
    },
    state() {
      if (episode === undefined) return { steps_left: 0 };
      return { task_id: episode.task.id, language: episode.language, steps_left: episode.stepsLeft };
    },
    close: () => workplace.close(),
  };
}

interface Work {
  shared: Shared;
  workplace: Workplace;
  episode: Episode;
  signal: AbortSignal;
}

async function explore(
  { shared, workplace, episode, signal }: Work,
  code: string,
  language: Language,
): Promise<Outcome<Observation>> {
  if (code.trim() !== "") episode.lastCode = { code, language };
  const interpreter = await workplace.interpreterOf(runtimeOf(shared.runtimes, language));
  const request = { code, name: "__main__", show: true };
  const result = await interpreter.run(request, { timeoutMs: shared.stepTimeoutMs, signal });
  return { observation: { ...observe(result), language, steps_left: episode.stepsLeft }, reward: null, done: false };
}

async function submit(
  { shared, workplace, episode, signal }: Work,
  code: string,
  language: Language,
): Promise<Outcome<Observation>> {
  await workplace.clear();
  const chosen = (code.trim() === "" ? episode.lastCode : undefined) ?? { code, language };
  const { runtimes, testTimeoutMs } = shared;
  const runtime = runtimeOf(runtimes, chosen.language);
  const submission = { code: chosen.code, runtime, task: episode.task, testTimeoutMs };
  const { passed, total, load } = await grade(await workplace.cell(), submission, runtimes, signal);
  const observation = { ...observe(load), language: chosen.language, steps_left: 0, tests: { passed, total } };
  return { observation, reward: total === 0 ? 0 : passed / total, done: true };
}

function observe({ stdout, stderr, exitCode, limit }: RunResult) {
  return { stdout, stderr, exit_code: exitCode, limit };
}

function firstObservation({ task, language, stepsLeft }: Episode): Observation {
  return {
    stdout: "",
    stderr: "",
    exit_code: 0,
    limit: null,
    language,
    steps_left: stepsLeft,
    task_id: task.id,
    prompt: task.prompt,
    entry_point: task.entry_point[language],
    examples: task.examples,
  };
}

function runtimeOf(runtimes: Runtimes, language: Language): Runtime {
  const runtime = runtimes[language];
  if (runtime === undefined) throw new RangeError(`this server has no ${language}: python3 is not installed`);
  return runtime;
}

function pickTask(tasks: ReadonlyMap<string, Task>, id: string | undefined, random: () => number): Task {
  const ids = [...tasks.keys()];
  const task = tasks.get(id ?? ids[Math.floor(random() * ids.length)] ?? "");
  if (task !== undefined) return task;
  const some = ids.slice(0, 5).join(", ");
  throw new RangeError(`no task has the id "${id}"; there are ${ids.length}, for example ${some}`);
}

import type { Client, Outcome } from "@openenv/client";
import {
  type EpisodeRecord,
  type EpisodeStep,
  type JsonObject,
  messageOf,
  ProtocolError,
  TransportError,
} from "@openenv/schema";
import type { Task } from "@openenv/server";
import type { Agent, Policy } from "./agent.ts";
import { UsageError } from "./usage-error.ts";

/** What a run of episodes needs. */
export interface EpisodeRun {
  environment: string;
  actionSchema: JsonObject;
  agent: Agent;
  /** Episode by episode; undefined plays without a task. */
  tasks: ReadonlyArray<Task | undefined>;
  seed: number | undefined;
  maxSteps: number;
  /** How many sessions play at once. */
  concurrency: number;
  /** Opens a session. */
  open(): Promise<Client>;
  /** Told of each episode as it ends, in the order of their ends. */
  onEpisode(record: EpisodeRecord): void | Promise<void>;
  signal: AbortSignal;
}

/**
 * Plays the episodes and returns their records in the order of the tasks. A failed episode is a record with an `error`;
 * it does not stop the others. A usage error does, and so does an aborted signal, after the sessions are closed.
 */
export async function runEpisodes(run: EpisodeRun): Promise<EpisodeRecord[]> {
  const records: EpisodeRecord[] = [];
  const queue = run.tasks.entries();

  async function work(): Promise<void> {
    let client: Client | undefined;
    try {
      for (const [index, task] of queue) {
        run.signal.throwIfAborted();
        client ??= await run.open();
        const { record, broken } = await playEpisode(
          run,
          client,
          task,
          run.seed === undefined ? undefined : run.seed + index,
        );
        records[index] = record;
        await run.onEpisode(record);
        if (broken) {
          await client.close();
          client = undefined;
        }
      }
    } finally {
      await client?.close();
    }
  }

  const workers = Array.from({ length: Math.min(run.concurrency, run.tasks.length) }, work);
  const results = await Promise.allSettled(workers);
  for (const result of results) if (result.status === "rejected") throw result.reason;
  return records;
}

/** One episode; `broken` says that its session can not be used again. */
async function playEpisode(
  run: EpisodeRun,
  client: Client,
  task: Task | undefined,
  seed: number | undefined,
): Promise<{ record: EpisodeRecord; broken: boolean }> {
  const startedAt = new Date();
  const clock = performance.now();
  const seconds = (since: number): number => (performance.now() - since) / 1000;
  const options: JsonObject = { ...(seed !== undefined && { seed }), ...task?.reset };
  const steps: EpisodeStep[] = [];
  let reset: EpisodeRecord["reset"] = { options, observation: {}, reward: null, done: false, duration_s: 0 };
  let end: EpisodeRecord["end"] = "error";
  let error: EpisodeRecord["error"];
  let broken = false;
  let policy: Policy | undefined;
  let last: Outcome | undefined;

  try {
    let outcome = await client.reset(options, { signal: run.signal });
    reset = { options, ...outcome, duration_s: seconds(clock) };
    last = outcome;
    policy = run.agent.begin({ task, actionSchema: run.actionSchema, signal: run.signal });
    end = outcome.done ? "done" : "limit";
    while (!outcome.done && steps.length < run.maxSteps) {
      const action = await policy.act(outcome);
      if (action === undefined) {
        end = "stopped";
        break;
      }
      const since = performance.now();
      outcome = await client.step(action, { signal: run.signal });
      last = outcome;
      steps.push({ action, ...outcome, started_s: (since - clock) / 1000, duration_s: seconds(since) });
      if (outcome.done) end = "done";
    }
  } catch (reason) {
    run.signal.throwIfAborted();
    if (reason instanceof UsageError) throw reason;
    end = "error";
    error = { code: codeOf(reason), message: messageOf(reason) };
    broken = reason instanceof TransportError;
  } finally {
    await policy?.end(last);
  }

  const state = broken ? undefined : await client.state().catch(() => undefined);
  const record: EpisodeRecord = {
    version: 1,
    episode_id: state?.episode_id ?? null,
    environment: run.environment,
    agent: run.agent.name,
    task: task === undefined ? null : { id: task.id },
    seed: seed ?? null,
    started_at: startedAt.toISOString(),
    duration_s: seconds(clock),
    reset,
    steps,
    reward: totalReward(steps),
    end,
    ...(error !== undefined && { error }),
  };
  return { record, broken };
}

/** The sum of the rewards that were given; null if none was. */
export function totalReward(steps: ReadonlyArray<Pick<EpisodeStep, "reward">>): number | null {
  const given = steps.map(({ reward }) => reward).filter((reward) => reward !== null);
  return given.length === 0 ? null : given.reduce((sum, reward) => sum + reward, 0);
}

function codeOf(reason: unknown): string {
  if (reason instanceof ProtocolError) return reason.code;
  return reason instanceof TransportError ? `transport:${reason.reason}` : "agent";
}

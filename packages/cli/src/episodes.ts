import { setTimeout as delay } from "node:timers/promises";
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
  /** Opens a session; gives up when the signal aborts. */
  open(signal: AbortSignal): Promise<Client>;
  /** Told of each episode as it ends, in the order of their ends. */
  onEpisode(record: EpisodeRecord): void | Promise<void>;
  signal: AbortSignal;
}

/** Waits for a slot that a session of this very run is about to leave: how often, and how far apart in milliseconds. */
const slotRetries = 40;
const slotRetryMs = 250;

/**
 * Plays the episodes and returns their records in the order of the tasks. A failed episode is a record with an `error`;
 * it does not stop the others. What no further episode can survive does: a usage error, a server that cannot be reached
 * or has no session to give, an aborted signal. All sessions are closed by then.
 */
export async function runEpisodes(run: EpisodeRun): Promise<EpisodeRecord[]> {
  const records: EpisodeRecord[] = [];
  const queue = [...run.tasks.entries()];
  const failure = new AbortController();
  const signal = AbortSignal.any([run.signal, failure.signal]);
  let working = 0;

  async function work(): Promise<void> {
    let client: Client | undefined;
    let retries = 0;
    const session = async (): Promise<Client> => {
      client ??= await run.open(signal);
      return client;
    };
    working++;
    try {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        signal.throwIfAborted();
        const [index, task] = next;
        const seed = run.seed === undefined ? undefined : run.seed + index;
        const { record, lost } = await playEpisode({ ...run, signal }, session, task, seed);
        if (lost !== undefined) {
          await client?.close();
          client = undefined;
        }
        if (lost instanceof ProtocolError && lost.code === "CAPACITY_REACHED") {
          queue.unshift(next);
          if (working > 1) return; // those who have a session play it
          if (records.length === 0 || ++retries > slotRetries) throw lost;
          await delay(slotRetryMs, undefined, { signal });
          continue;
        }
        retries = 0;
        records[index] = record;
        await run.onEpisode(record);
      }
    } catch (reason) {
      failure.abort(reason);
    } finally {
      working--; // before any wait: who is refused must know whether somebody still takes from the queue
      await client?.close();
    }
  }

  await Promise.all(Array.from({ length: Math.min(run.concurrency, run.tasks.length) }, work));
  signal.throwIfAborted();
  return records;
}

interface Played {
  record: EpisodeRecord;
  /** Why the session can not be used again. */
  lost: Error | undefined;
}

async function playEpisode(
  run: EpisodeRun,
  open: () => Promise<Client>,
  task: Task | undefined,
  seed: number | undefined,
): Promise<Played> {
  const { agent, signal, actionSchema } = run;
  const startedAt = new Date();
  const clock = performance.now();
  const seconds = (since: number): number => (performance.now() - since) / 1000;
  const options: JsonObject = { ...(seed !== undefined && { seed }), ...task?.reset };
  const steps: EpisodeStep[] = [];
  let reset: EpisodeRecord["reset"] = { options, observation: {}, reward: null, done: false, duration_s: 0 };
  let end: EpisodeRecord["end"] = "error";
  let error: EpisodeRecord["error"];
  let lost: Error | undefined;
  let client: Client | undefined;
  let policy: Policy | undefined;
  let last: Outcome | undefined;

  try {
    client = await open();
    let outcome = await client.reset(options, { signal });
    reset = { options, ...outcome, duration_s: seconds(clock) };
    last = outcome;
    policy = agent.begin({ task, actionSchema, signal });
    end = outcome.done ? "done" : "limit";
    while (!outcome.done && steps.length < run.maxSteps) {
      const action = await policy.act(outcome);
      if (action === undefined) {
        end = "stopped";
        break;
      }
      const since = performance.now();
      outcome = await client.step(action, { signal });
      last = outcome;
      steps.push({ action, ...outcome, started_s: (since - clock) / 1000, duration_s: seconds(since) });
      if (outcome.done) end = "done";
    }
  } catch (reason) {
    signal.throwIfAborted();
    if (reason instanceof UsageError) throw reason;
    if (client === undefined && reason instanceof TransportError) throw reason; // no server, no episodes
    end = "error";
    error = { code: codeOf(reason), message: messageOf(reason) };
    lost = endsSession(reason) ? reason : undefined;
  } finally {
    await policy?.end(last);
  }

  const duration_s = seconds(clock);
  const state = lost === undefined ? await client?.state({ signal }).catch(() => undefined) : undefined;
  const record: EpisodeRecord = {
    version: 1,
    episode_id: state?.episode_id ?? null,
    environment: run.environment,
    agent: agent.name,
    task: task === undefined ? null : { id: task.id },
    seed: Number.isInteger(options.seed) ? Number(options.seed) : null,
    started_at: startedAt.toISOString(),
    duration_s,
    reset,
    steps,
    reward: totalReward(steps),
    end,
    ...(error !== undefined && { error }),
  };
  return { record, lost };
}

/** The sum of the rewards that were given; null if none was. */
export function totalReward(steps: ReadonlyArray<Pick<EpisodeStep, "reward">>): number | null {
  const given = steps.map(({ reward }) => reward).filter((reward) => reward !== null);
  return given.length === 0 ? null : given.reduce((sum, reward) => sum + reward, 0);
}

/** Whether no further message of the session can be answered. */
function endsSession(reason: unknown): reason is Error {
  if (reason instanceof TransportError) return true;
  return (
    reason instanceof ProtocolError && ["CAPACITY_REACHED", "FACTORY_ERROR", "SESSION_ERROR"].includes(reason.code)
  );
}

function codeOf(reason: unknown): string {
  if (reason instanceof ProtocolError) return reason.code;
  return reason instanceof TransportError ? `transport:${reason.reason}` : "agent";
}

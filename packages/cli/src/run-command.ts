import { open } from "node:fs/promises";
import { type Client, type ClientOptions, connect, inspect } from "@openenv/client";
import { type EpisodeRecord, type JsonObject, messageOf } from "@openenv/schema";
import { createServer, type EnvironmentDefinition, type Task } from "@openenv/server";
import { isAddress, looksLikeHost, requireAddress } from "./address.ts";
import { type Agent, emptyAgent, oracleAgent } from "./agent.ts";
import { commandAgent } from "./command-agent.ts";
import { runEpisodes, totalReward } from "./episodes.ts";
import { interruptSignal } from "./interrupt.ts";
import { loadEnvironment } from "./load-environment.ts";
import { configuredEndpoint, modelAgent } from "./model-agent.ts";
import { readTasks } from "./tasks.ts";
import { formatReward, formatTable, showProgress } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

/** What the command line of `run` may hold. */
export interface RunFlags {
  agent: string;
  command?: string;
  tasks?: string;
  environment?: string;
  episodes?: number;
  concurrency: number;
  maxSteps: number;
  seed?: number;
  out?: string;
  sandbox: string;
  bearer?: string;
}

/** A place where episodes are played: a server at an address, or an environment served in this process. */
export interface Arena {
  name: string;
  actionSchema: JsonObject;
  /** Free session slots, where the server tells them. */
  freeSlots: number;
  /** The environment's definition, where it is at hand: it knows tasks. */
  environment: EnvironmentDefinition | undefined;
  open(signal: AbortSignal): Promise<Client>;
  close(): Promise<void>;
}

/** Plays episodes, shows them, and stores them as JSON Lines. Returns 1 if an episode failed. */
export async function runCommand(where: string, flags: RunFlags): Promise<number> {
  const agent = chooseAgent(flags);
  if (isAddress(where) || looksLikeHost(where)) requireAddress(where);
  const interrupt = interruptSignal();
  try {
    const { signal } = interrupt;
    const arena = isAddress(where) ? await remoteArena(where, flags, signal) : await localArena(where, flags.sandbox);
    try {
      return await playIn(arena, agent, flags, signal);
    } finally {
      await arena.close();
    }
  } finally {
    interrupt.release();
  }
}

async function playIn(arena: Arena, agent: Agent, flags: RunFlags, signal: AbortSignal): Promise<number> {
  const tasks = await chooseTasks(arena, flags);
  agent.check?.(tasks);
  const store = await openStore(flags.out);
  const progress = showProgress(agent.name, tasks.length);
  const ended: EpisodeRecord[] = [];
  let stored = flags.out;
  try {
    const records = await runEpisodes({
      environment: arena.name,
      actionSchema: arena.actionSchema,
      agent,
      tasks,
      seed: flags.seed,
      maxSteps: flags.maxSteps,
      concurrency: Math.min(flags.concurrency, Math.max(arena.freeSlots, 1)),
      open: arena.open,
      onEpisode: async (record) => {
        ended.push(record);
        progress.episode(record);
        await store.write(record).catch((reason: unknown) => {
          stored = undefined;
          throw new Error(`cannot store episodes in ${flags.out}: ${messageOf(reason)}`, { cause: reason });
        });
      },
      signal,
    });
    progress.stop();
    printRecords(records, stored);
    return records.some(({ error }) => error !== undefined) ? 1 : 0;
  } catch (reason) {
    progress.stop();
    if (ended.length > 0) printRecords(ended, stored); // those that ended are not lost
    throw reason;
  } finally {
    await store.close();
  }
}

function chooseAgent({ agent, command }: RunFlags): Agent {
  switch (agent) {
    case "oracle":
      return oracleAgent;
    case "empty":
      return emptyAgent;
    case "command":
      if (command === undefined) {
        throw new UsageError("the command agent needs a program", 'Add --command "python3 policy.py".');
      }
      return commandAgent(command);
    case "model": {
      const endpoint = configuredEndpoint(process.env);
      if (endpoint === undefined) {
        throw new UsageError("no model is configured", "Set OPENAI_BASE_URL, OPENAI_API_KEY and OPENENV_MODEL.");
      }
      return modelAgent(endpoint);
    }
    default:
      throw new UsageError(`unknown agent "${agent}"`, "Choose oracle, empty, command or model.");
  }
}

async function remoteArena(address: string, flags: RunFlags, signal: AbortSignal): Promise<Arena> {
  const options: ClientOptions = flags.bearer === undefined ? {} : { bearer: flags.bearer };
  const inspector = inspect(address, { ...options, signal });
  try {
    const [health, metadata, schema] = await Promise.all([
      inspector.health(),
      inspector.metadata(),
      inspector.schema(),
    ]);
    if (metadata.mode === "production") {
      throw new UsageError(
        `${address} is in production mode, where no client starts episodes`,
        "Play on a server in simulation mode: openenv serve <environment> --mode simulation",
      );
    }
    const { active_sessions = 0, max_sessions = Number.POSITIVE_INFINITY } = health;
    return {
      name: metadata.name,
      actionSchema: schema.action,
      freeSlots: max_sessions - active_sessions,
      environment: await definitionOf(metadata.name, flags.environment),
      open: (until) => connect(address, { ...options, signal: until }),
      close: () => Promise.resolve(),
    };
  } catch (reason) {
    signal.throwIfAborted();
    throw reason;
  } finally {
    await inspector.close();
  }
}

/** The definition behind a server's name: as told, or from the places where it would be. Only tasks are read from it. */
async function definitionOf(name: string, told: string | undefined): Promise<EnvironmentDefinition | undefined> {
  if (told !== undefined) return loadEnvironment(told);
  if (!/^[a-z][a-z0-9_-]*$/.test(name)) return undefined; // a path would let the server choose what is loaded here
  const short = name.replace(/_env$/, "");
  for (const candidate of [`envs/${short}`, `@openenv/env-${short}`]) {
    try {
      const environment = await loadEnvironment(candidate);
      if (environment.name === name) return environment;
    } catch (reason) {
      if (!(reason instanceof UsageError)) throw reason;
    }
  }
  return undefined;
}

async function localArena(where: string, sandbox: string): Promise<Arena> {
  const environment = await loadEnvironment(where);
  const server = await createServer(environment, { sandbox });
  return {
    name: environment.name,
    actionSchema: server.schema().action,
    freeSlots: server.sessions.max,
    environment,
    open: () => connect(server),
    close: () => server.close(),
  };
}

/** The tasks to play, as often as asked: each once if not; one episode without a task where there are none. */
export async function chooseTasks(
  arena: Pick<Arena, "environment">,
  flags: Pick<RunFlags, "tasks" | "episodes">,
): Promise<ReadonlyArray<Task | undefined>> {
  const known = flags.tasks === undefined ? ((await arena.environment?.tasks?.()) ?? []) : readTasks(flags.tasks);
  const count = flags.episodes ?? Math.max(known.length, 1);
  return Array.from({ length: count }, (_, index) => (known.length === 0 ? undefined : known[index % known.length]));
}

interface Store {
  write(record: EpisodeRecord): Promise<void>;
  close(): Promise<void>;
}

/** Opens a file for records; what it held is replaced. @throws {UsageError} if it cannot be written. */
async function openStore(path: string | undefined): Promise<Store> {
  if (path === undefined) return { write: async () => undefined, close: async () => undefined };
  const file = await open(path, "w").catch((reason: unknown) => {
    throw new UsageError(`cannot store episodes: ${messageOf(reason)}`, "Give --out a file that can be written.");
  });
  let written = Promise.resolve(); // one record after the other, each in one piece
  return {
    write(record) {
      written = written.then(() => file.appendFile(`${JSON.stringify(record)}\n`));
      return written;
    },
    close: () => file.close(),
  };
}

function printRecords(records: readonly EpisodeRecord[], out: string | undefined): void {
  const rows = records.map((record) => [
    record.task?.id ?? record.episode_id ?? "",
    record.error === undefined ? formatReward(record.reward) : "error",
    String(record.steps.length),
    `${record.duration_s.toFixed(2)} s`,
    record.error?.message.slice(0, 80) ?? (record.end === "done" ? "" : record.end),
  ]);
  console.log(`\n${formatTable(["task", "reward", "steps", "time", ""], rows)}`);
  const scored = records.filter(({ reward }) => reward !== null);
  const mean = scored.length === 0 ? null : (totalReward(scored) ?? 0) / scored.length;
  const count = records.length === 1 ? "1 episode" : `${records.length} episodes`;
  console.log(`\n${count}, mean reward ${formatReward(mean)} over ${scored.length} with a reward`);
  if (out !== undefined) console.log(`stored: ${out}`);
}

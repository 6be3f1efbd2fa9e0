import { connect } from "@openenv/client";
import { type EpisodeRecord, messageOf } from "@openenv/schema";
import type { EnvironmentDefinition, Task } from "@openenv/server";
import { type ListeningServer, serve } from "@openenv/server/node";
import { type Agent, emptyAgent, oracleAgent } from "./agent.ts";
import { runEpisodes, totalReward } from "./episodes.ts";
import { interruptSignal } from "./interrupt.ts";
import { loadEnvironment } from "./load-environment.ts";
import { configuredEndpoint, modelAgent } from "./model-agent.ts";
import { chooseTasks } from "./run-command.ts";
import { formatReward, formatTable, plain, showProgress, style } from "./terminal.ts";

const concurrency = 8;
const maxSteps = 20;
/** Rewards that add up from parts miss 1 by no more than this. */
const rounding = 1e-9;

/**
 * Serves an environment on a free port and plays its tasks over WebSocket: with the oracle, which must earn 1 each time,
 * with an empty agent, which must earn 0, and with a model if one is configured. Returns 1 if either is not so.
 */
export async function quickstartCommand(where: string): Promise<number> {
  const environment = await loadEnvironment(where);
  const tasks = await chooseTasks({ environment }, {});
  oracleAgent.check?.(tasks);
  const interrupt = interruptSignal();
  try {
    const { listening, confined } = await serveSomehow(environment);
    try {
      console.log(`${style("bold", environment.name)} is served at ${style("cyan", listening.url)}\n`);
      const agents = [oracleAgent, emptyAgent, ...configuredModel(confined)];
      const runs: EpisodeRecord[][] = [];
      for (const agent of agents) runs.push(await play(agent, tasks, listening, interrupt.signal));
      printRuns(agents, runs);
      const [oracle = [], empty = []] = runs;
      const passed = judge(oracle, empty);
      printNext(where);
      return passed ? 0 : 1;
    } finally {
      await listening.close();
    }
  } finally {
    interrupt.release();
  }
}

/** With the strongest sandbox that works here; without any, and a warning, where none does: the oracle's code is the environment's own. */
async function serveSomehow(
  environment: EnvironmentDefinition,
): Promise<{ listening: ListeningServer; confined: boolean }> {
  try {
    return { listening: await serve(environment, { port: 0 }), confined: true };
  } catch (reason) {
    console.warn(`warning: ${messageOf(reason)}`);
    const listening = await serve(environment, { port: 0, sandbox: "none" });
    console.warn("warning: this quickstart goes on without a sandbox; the code it runs is the environment's own\n");
    return { listening, confined: false };
  }
}

/** The model of the environment variables, unless what it writes would run without a sandbox. */
function configuredModel(confined: boolean): Agent[] {
  const endpoint = configuredEndpoint(process.env);
  if (endpoint === undefined) return [];
  if (confined) return [modelAgent(endpoint)];
  console.warn(`warning: ${endpoint.model} does not play: what it writes would run without a sandbox\n`);
  return [];
}

/** Says who did not earn what they must: a quickstart is also a test of the environment. */
function judge(oracle: readonly EpisodeRecord[], empty: readonly EpisodeRecord[]): boolean {
  const unsolved = oracle.filter(({ reward }) => reward === null || Math.abs(reward - 1) > rounding);
  const rewarded = empty.filter(({ reward }) => reward !== 0);
  const names = (records: readonly EpisodeRecord[]): string => plain(records.map(({ task }) => task?.id).join(", "));
  if (unsolved.length > 0) console.error(`\nfailed: the oracle must earn 1, and does not at ${names(unsolved)}`);
  if (rewarded.length > 0) console.error(`\nfailed: the empty agent must earn 0, and does not at ${names(rewarded)}`);
  return unsolved.length === 0 && rewarded.length === 0;
}

async function play(
  agent: Agent,
  tasks: ReadonlyArray<Task | undefined>,
  { url, server }: ListeningServer,
  signal: AbortSignal,
): Promise<EpisodeRecord[]> {
  const progress = showProgress(agent.name, tasks.length);
  try {
    return await runEpisodes({
      environment: server.metadata().name,
      actionSchema: server.schema().action,
      agent,
      tasks,
      seed: undefined,
      maxSteps,
      concurrency: Math.min(concurrency, server.sessions.max),
      open: (until) => connect(url, { signal: until }),
      onEpisode: progress.episode,
      signal,
    });
  } finally {
    progress.stop();
  }
}

function printRuns(agents: readonly Agent[], runs: ReadonlyArray<readonly EpisodeRecord[]>): void {
  const head = ["task", ...agents.flatMap(({ name }) => [name, "steps", "time"])];
  const rows = (runs[0] ?? []).map((first, index) => [
    first.task?.id ?? "",
    ...runs.flatMap((records) => cells(records[index])),
  ]);
  const totals = runs.flatMap((records) => [
    formatReward(totalReward(records)),
    String(records.reduce((sum, { steps }) => sum + steps.length, 0)),
    `${records.reduce((sum, { duration_s }) => sum + duration_s, 0).toFixed(2)} s`,
  ]);
  console.log(`\n${formatTable(head, [...rows, ["total", ...totals]])}`);
  for (const record of runs.flat()) {
    if (record.error !== undefined)
      console.log(plain(`${record.agent} at ${record.task?.id}: ${record.error.message}`));
  }
}

function cells(record: EpisodeRecord | undefined): string[] {
  if (record === undefined) return ["", "", ""];
  return [
    record.error === undefined ? formatReward(record.reward) : "error",
    String(record.steps.length),
    `${record.duration_s.toFixed(2)} s`,
  ];
}

function printNext(where: string): void {
  const command = process.env.npm_lifecycle_event === undefined ? "openenv" : "npx -y pnpm@12.21.0 openenv";
  console.log(`
Next:
  ${command} serve ${where} --port 8000      serve it
  ${command} inspect http://localhost:8000   look at it, from another terminal
  ${command} run http://localhost:8000 --agent oracle --out trajectories.jsonl`);
}

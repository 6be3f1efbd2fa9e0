import { connect } from "@openenv/client";
import { type EpisodeRecord, messageOf } from "@openenv/schema";
import type { EnvironmentDefinition } from "@openenv/server";
import { type ListeningServer, serve } from "@openenv/server/node";
import { type Agent, emptyAgent, oracleAgent } from "./agent.ts";
import { runEpisodes, totalReward } from "./episodes.ts";
import { interruptSignal } from "./interrupt.ts";
import { loadEnvironment } from "./load-environment.ts";
import { configuredEndpoint, modelAgent } from "./model-agent.ts";
import { chooseTasks } from "./run-command.ts";
import { formatReward, formatTable, showProgress, style } from "./terminal.ts";

const concurrency = 8;
const maxSteps = 20;

/**
 * Serves an environment on a free port and plays its tasks over WebSocket: with the oracle, which must earn 1 each time,
 * with an empty agent, which must earn nothing, and with a model if one is configured. Returns 1 if either is not so.
 */
export async function quickstartCommand(where: string): Promise<number> {
  const environment = await loadEnvironment(where);
  const interrupt = interruptSignal();
  const listening = await serveSomehow(environment);
  try {
    console.log(`${style("bold", environment.name)} is served at ${style("cyan", listening.url)}\n`);
    const endpoint = configuredEndpoint(process.env);
    const agents = [oracleAgent, emptyAgent, ...(endpoint === undefined ? [] : [modelAgent(endpoint)])];
    const runs: EpisodeRecord[][] = [];
    for (const agent of agents) runs.push(await play(agent, environment, listening, interrupt.signal));
    printRuns(agents, runs);
    printNext(where);
    const [oracle = [], empty = []] = runs;
    const solved = oracle.length > 0 && oracle.every(({ reward }) => reward === 1);
    return solved && empty.every(({ reward }) => reward === 0) ? 0 : 1;
  } finally {
    interrupt.release();
    await listening.close();
  }
}

/** With the strongest sandbox that works here; without any, and a warning, where none does: the oracle's code is our own. */
async function serveSomehow(environment: EnvironmentDefinition): Promise<ListeningServer> {
  try {
    return await serve(environment, { port: 0 });
  } catch (reason) {
    console.warn(`warning: ${messageOf(reason)}`);
    console.warn("warning: this quickstart goes on without a sandbox; the code it runs is this repository's own\n");
    return serve(environment, { port: 0, sandbox: "none" });
  }
}

async function play(
  agent: Agent,
  environment: EnvironmentDefinition,
  { url, server }: ListeningServer,
  signal: AbortSignal,
): Promise<EpisodeRecord[]> {
  const tasks = await chooseTasks({ environment }, {});
  const progress = showProgress(agent.name, tasks.length);
  try {
    return await runEpisodes({
      environment: environment.name,
      actionSchema: server.schema().action,
      agent,
      tasks,
      seed: undefined,
      maxSteps,
      concurrency,
      open: () => connect(url),
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
    if (record.error !== undefined) console.log(`${record.agent} at ${record.task?.id}: ${record.error.message}`);
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
  console.log(`
Next:
  npx -y pnpm@12.21.0 openenv serve ${where} --port 8000      serve it
  npx -y pnpm@12.21.0 openenv inspect http://localhost:8000   look at it, from another terminal
  npx -y pnpm@12.21.0 openenv run http://localhost:8000 --agent oracle --out trajectories.jsonl`);
}

import { type Client, connect } from "@openenv/client";
import type { EpisodeRecord, JsonObject } from "@openenv/schema";
import { createServer } from "@openenv/server";
import { type Agent, emptyAgent } from "../src/agent.ts";
import { type EpisodeRun, runEpisodes } from "../src/episodes.ts";
import counting from "./fixtures/counting/index.ts";

/** The counting environment in this process, with a run of episodes that a test changes as it needs. */
export interface Arena extends AsyncDisposable {
  open(): Promise<Client>;
  /** Sessions that are open. */
  active(): number;
  play(changes: Partial<EpisodeRun>): Promise<EpisodeRecord[]>;
}

export async function openArena(maxSessions = 256): Promise<Arena> {
  const server = await createServer(counting, { maxSessions, logger: silent });
  const open = (): Promise<Client> => connect(server);
  return {
    open,
    active: () => server.sessions.active,
    play: (changes) =>
      runEpisodes({
        environment: "counting",
        actionSchema: server.schema().action,
        agent: emptyAgent,
        tasks: [undefined],
        seed: undefined,
        maxSteps: 10,
        concurrency: 1,
        open,
        onEpisode: () => undefined,
        signal: new AbortController().signal,
        ...changes,
      }),
    [Symbol.asyncDispose]: () => server.close(),
  };
}

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** An agent that plays these actions in each episode, then stops. */
export function scripted(...actions: readonly JsonObject[]): Agent {
  return {
    name: "scripted",
    begin() {
      const rest = actions.values();
      return { act: async () => rest.next().value, end: async () => undefined };
    },
  };
}

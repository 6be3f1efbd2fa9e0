import { type Child, type Spawning, startChild } from "./child.ts";
import { type LoadRequest, type ServerRequest, type ServerRole, type Usage, validators } from "./protocol.ts";

export interface RunningServer {
  url: string;
  usage(): Promise<Usage>;
  /** Its usage after its garbage was collected. */
  settledUsage(): Promise<Usage>;
}

/** The processes of one measurement. */
export interface Crew {
  /** The server of a role, started when first asked for. */
  server(role: ServerRole): Promise<RunningServer>;
  /** The load process of that name, started when first asked for. */
  load(name: string): Child<LoadRequest>;
}

/** Runs `work` with processes of its own, and ends them after it. */
export async function withCrew<T>(spawning: Spawning, work: (crew: Crew) => Promise<T>): Promise<T> {
  const children: AsyncDisposable[] = [];
  const servers = new Map<string, Promise<RunningServer>>();
  const loads = new Map<string, Child<LoadRequest>>();

  async function start(role: ServerRole): Promise<RunningServer> {
    const child = startChild<ServerRequest>("server", spawning);
    children.push(child);
    return {
      url: await child.ask({ ask: "start", role }, validators.url),
      usage: () => child.ask({ ask: "usage" }, validators.usage),
      settledUsage: () => child.ask({ ask: "collect-garbage" }, validators.usage),
    };
  }

  try {
    return await work({
      server(role) {
        const key = JSON.stringify(role);
        const server = servers.get(key) ?? start(role);
        servers.set(key, server);
        return server;
      },
      load(name) {
        const known = loads.get(name);
        if (known !== undefined) return known;
        const child = startChild<LoadRequest>("load", spawning);
        children.push(child);
        loads.set(name, child);
        return child;
      },
    });
  } finally {
    await Promise.all(children.map((child) => child[Symbol.asyncDispose]()));
  }
}

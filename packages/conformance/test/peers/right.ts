import { type ListeningServer, serve as referenceServe, type ServeOptions } from "@openenv/server/node";
import type { Control, Script } from "../../src/index.ts";
import { mutate } from "../mutants/mutate.ts";
import { bare, broken, dice, picky, toolbox, toolboxScript, workbench, workbenchScript } from "./workbench.ts";

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** A server that conforms, made of the reference implementation, and what a run may do to it. */
export interface RightPeer extends AsyncDisposable {
  url: string;
  script: Script;
  control: Control;
}

async function open(
  serveOnce: (options: ServeOptions) => Promise<ListeningServer>,
  script: Script,
): Promise<RightPeer> {
  const options: ServeOptions = { port: 0, logger: silent };
  let server = await serveOnce(options);
  const { url } = server;
  const port = Number(new URL(url).port);
  let stopped: Promise<void> = Promise.resolve();
  return {
    url,
    script,
    control: {
      async shutDown() {
        stopped = server.close();
      },
      async restart() {
        await stopped;
        await server.close();
        server = await serveOnce({ ...options, port });
      },
    },
    [Symbol.asyncDispose]: () => server.close(),
  };
}

/** Serves an environment: the reference implementation's function, or that of a copy with one thing changed. */
export type Serve = typeof referenceServe;

/** The limit on silence of the peer `idle`, in seconds: shorter than one of its calls. */
const idleSeconds = 0.5;

/** Servers that conform, by what is special about them. */
export const rightPeers = {
  /** Actions and tools, everything scripted. */
  workbench: (serve: Serve = referenceServe) => open((options) => serve(workbench, options), workbenchScript),
  /** Room for three sessions. */
  small: (serve: Serve = referenceServe) =>
    open((options) => serve(workbench, { ...options, maxSessions: 3 }), workbenchScript),
  /** Pings twenty times a second. */
  lively: (serve: Serve = referenceServe) =>
    open((options) => serve(workbench, { ...options, pingIntervalMs: 50 }), workbenchScript),
  /** Ends tool calls after a third of a second, which no option of the reference implementation can bring about. */
  hasty: async () => {
    using copy = mutate({
      rule: "tool.deadline",
      file: "server/episode.ts",
      find: "toolDeadlineMs = 30_000",
      replace: "toolDeadlineMs = 300",
    });
    const { serve } = await import(copy.node);
    return open((options) => serve(workbench, options), { ...workbenchScript, toolDeadlineSeconds: 0.3 });
  },
  /** Its operator set a short limit on silence. */
  idle: (serve: Serve = referenceServe) =>
    open((options) => serve(workbench, { ...options, idleTimeoutMs: idleSeconds * 1000 }), {
      ...workbenchScript,
      idleTimeoutSeconds: idleSeconds,
      callCounts: { name: "tally", arguments: { ms: idleSeconds * 1200 } },
    }),
  production: (serve: Serve = referenceServe) =>
    open((options) => serve(workbench, { ...options, mode: "production", reset: { start: 5 } }), {
      ...workbenchScript,
      serverReset: { name: "bump", arguments: {}, data: 6 },
    }),
  /** Its operator gave options with which every reset fails. */
  productionRefused: (serve: Serve = referenceServe) =>
    open((options) => serve(workbench, { ...options, mode: "production", reset: { fail: true } }), {
      serverResetFails: true,
    }),
  toolbox: (serve: Serve = referenceServe) => open((options) => serve(toolbox, options), toolboxScript),
  bare: (serve: Serve = referenceServe) => open((options) => serve(bare, options), {}),
  /** Cannot be reset without an option. */
  picky: (serve: Serve = referenceServe) => open((options) => serve(picky, options), { reset: { task: "sort" } }),
  /** Seeds have no effect. */
  dice: (serve: Serve = referenceServe) => open((options) => serve(dice, options), {}),
  /** Its environment cannot be created. */
  broken: (serve: Serve = referenceServe) =>
    open((options) => serve(broken, options), { factoryText: "no such device" }),
} satisfies Record<string, (serve?: Serve) => Promise<RightPeer>>;

export type PeerName = keyof typeof rightPeers;

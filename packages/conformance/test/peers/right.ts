import { type ListeningServer, type ServeOptions, serve } from "@openenv/server/node";
import type { Control, Script } from "../../src/index.ts";
import { bare, broken, toolbox, workbench, workbenchScript } from "./workbench.ts";

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

/** Servers that conform, by what is special about them. */
export const rightPeers = {
  /** Actions and tools, everything scripted. */
  workbench: (special: ServeOptions = {}) =>
    open((options) => serve(workbench, { ...options, ...special }), workbenchScript),
  /** Room for three sessions. */
  small: () => open((options) => serve(workbench, { ...options, maxSessions: 3 }), workbenchScript),
  production: () => open((options) => serve(workbench, { ...options, mode: "production" }), workbenchScript),
  toolbox: () =>
    open((options) => serve(toolbox, options), {
      ...workbenchScript,
      valid: [{ type: "call_tool", tool_name: "add", arguments: { a: 1, b: 2 } }],
    }),
  bare: () => open((options) => serve(bare, options), {}),
  /** Its environment cannot be created. */
  broken: () => open((options) => serve(broken, options), {}),
} satisfies Record<string, () => Promise<RightPeer>>;

export type PeerName = keyof typeof rightPeers;

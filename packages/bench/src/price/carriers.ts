// The ways from an agent's step to the environment's, each with the same game at its end.

import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Load } from "../protocol.ts";
import { startContainer, type Way } from "./container.ts";
import { type Served, startServed } from "./served.ts";

/** One way to reach the game. */
export interface Carrier {
  name: string;
  /** What drives so many sessions of it: our client, except over HTTP, which it does not speak. */
  load(sessions: number): Load;
  /** Starts the server; undefined where the load has its own. @throws {Error} if a part of the machine is missing. */
  start: ((core: number | undefined, signal: AbortSignal) => Promise<Served>) | undefined;
}

const observationBytes = 200;
const repository = fileURLToPath(new URL("../../../..", import.meta.url)).replace(/\/$/, "");
const game = fileURLToPath(new URL("serve-game.ts", import.meta.url));
const nodeArgs = ["--conditions=source", game, "--observation-bytes", String(observationBytes)];

/** Where `scripts/python-openenv.sh` puts the newest version of Python's implementation. */
const python = `${repository}/.cache/python/0.10.0/bin/python`;
const baseImage = "openenv-base:bookworm";

const clients = (sessions: number): Load => ({ drives: "clients", sessions });

const hostProcess =
  (...where: string[]): Carrier["start"] =>
  (core, signal) =>
    startServed([process.execPath, ...nodeArgs, ...where], core, signal);

const container = (way: Way): Carrier => ({
  name: `container, ${way}`,
  load: clients,
  start: (core, signal) => startContainer(way, { image: baseImage, repository, args: nodeArgs, core, signal }),
});

/** The carrier that the others are compared with. */
export const floorName = "WebSocket, loopback";

export const pythonName = "Python openenv 0.10.0, WebSocket";

export const carriers: readonly Carrier[] = [
  {
    name: "in process",
    load: (sessions) => ({ drives: "in-process", sessions, observationBytes }),
    start: undefined,
  },
  { name: "Unix socket", load: clients, start: hostProcess("--unix", join(tmpdir(), `openenv-price-${process.pid}`)) },
  { name: floorName, load: clients, start: hostProcess("--port", "0") },
  {
    name: "HTTP, loopback",
    load: (sessions) => ({ drives: "http-step", sessions, keepsSession: true }),
    start: hostProcess("--port", "0"),
  },
  container("published port"),
  container("bridge address"),
  container("Unix socket"),
  {
    name: pythonName,
    load: clients,
    start: async (core, signal) => {
      if (!existsSync(python)) throw new Error("Python's openenv is not installed: bash scripts/python-openenv.sh");
      return startServed([python, fileURLToPath(new URL("game.py", import.meta.url))], core, signal);
    },
  },
];

import { randomUUID } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { killDescendants, markerVariable } from "./descendants.ts";
import { findExecutable, resolveCommand } from "./executable.ts";
import { coverInheritedFds } from "./inherited.ts";
import { prlimitCommand, resolveLimits } from "./limits.ts";
import {
  type PreparedProgram,
  type RunningProgram,
  type StartOptions,
  spawnProgram,
  standardStreams,
} from "./program.ts";
import type { Tier } from "./tier.ts";

/** Opens the tier that confines nothing; util-linux, where it is there, still gives limits per process. */
export function openNone(): Tier {
  const prlimit = findExecutable("prlimit");
  const setpriv = findExecutable("setpriv");
  const prefix = setpriv === undefined ? [] : [setpriv, "--pdeathsig", "KILL", "--"];
  const cover = coverInheritedFds();
  return {
    name: "none",
    guarantees: {
      network_denied: false,
      own_pid_namespace: false,
      own_uid: false,
      filesystem_confined: false,
      disk_limited: false,
      memory_limited: prlimit !== undefined,
      process_count_limited: false,
      file_size_limited: prlimit !== undefined,
      system_calls_filtered: false,
      no_process_survives: false,
      dies_with_server: false,
    },
    prepare: async (command, readOnly) => ({ command: resolveCommand(command), readOnly }),
    async openDomain() {
      const folder = mkdtempSync(join(tmpdir(), "openenv-cell-"));
      return {
        uid: undefined,
        start: (program, options) => start({ prefix, prlimit, cover, folder }, program, options),
        close: () => rm(folder, { recursive: true, force: true }),
      };
    },
    close: async () => undefined,
  };
}

interface Surroundings {
  prefix: string[];
  prlimit: string | undefined;
  cover: ReturnType<typeof coverInheritedFds>;
  folder: string;
}

async function start(
  { prefix, prlimit, cover, folder }: Surroundings,
  program: PreparedProgram,
  { args = [], limits = {}, env = {}, extraPipes = 0 }: StartOptions,
): Promise<RunningProgram> {
  const limited = prlimit === undefined ? [] : prlimitCommand(prlimit, resolveLimits(limits), false);
  const command = [...prefix, ...limited, program.command, ...args];
  const marker = randomUUID();
  const cwd = mkdtempSync(join(folder, "work-"));
  const variables = { HOME: cwd, TMPDIR: cwd, ...env, [markerVariable]: marker };
  const stdio = Array<"pipe">(3 + extraPipes).fill("pipe");
  // A process group of its own, so that one signal reaches all who stay in it.
  const spawned = await spawnProgram(command, cover(stdio), { env: variables, cwd, detached: true });
  const { pid = 0 } = spawned.child;
  const exited = spawned.exitCode.then(async (code) => {
    await killDescendants(pid, marker);
    await rm(cwd, { recursive: true, force: true });
    return code;
  });
  const kill = async () => {
    spawned.child.kill("SIGKILL");
    await exited;
  };
  return { pid, ...standardStreams(spawned.sockets), pipes: spawned.sockets.slice(3), exited, kill };
}

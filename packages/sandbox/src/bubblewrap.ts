import type { Socket } from "node:net";
import { SandboxError } from "./error.ts";
import { findExecutable, resolveCommand } from "./executable.ts";
import { coverInheritedFds } from "./inherited.ts";
import { sharedLibraries } from "./libraries.ts";
import { type Limits, prlimitCommand, resolveLimits } from "./limits.ts";
import {
  type PreparedProgram,
  type RunningProgram,
  type StartOptions,
  spawnProgram,
  standardStreams,
} from "./program.ts";
import { syscallFilter } from "./seccomp.ts";
import { createStage, type Exposure, type Stage, stagePaths } from "./staging.ts";
import type { Domain, Tier } from "./tier.ts";
import { claimUid } from "./uid.ts";

/** The work folder, as the program sees it; a name that no host path collides with. */
const workFolder = "/cell";
const temporaryBytes = 16 * 1024 * 1024;

interface Tools {
  bwrap: string;
  prlimit: string;
  setpriv: string;
}

/** Opens the tier without trying it. @throws {SandboxError} `unavailable` if a tool is missing. */
export function openBubblewrap(): Tier {
  const tools = { bwrap: tool("bwrap", "bubblewrap"), prlimit: tool("prlimit"), setpriv: tool("setpriv") };
  const isRoot = process.getuid?.() === 0;
  const stage = isRoot ? createStage() : undefined;
  const filter = syscallFilter();
  const cover = coverInheritedFds();
  return {
    name: "bubblewrap",
    guarantees: {
      network_denied: true,
      own_pid_namespace: true,
      own_uid: isRoot,
      filesystem_confined: true,
      disk_limited: true,
      memory_limited: true,
      process_count_limited: true,
      file_size_limited: true,
      system_calls_filtered: filter !== undefined,
      no_process_survives: true,
      dies_with_server: true,
    },
    async prepare(command, readOnly) {
      const file = resolveCommand(command);
      const paths = [file, tools.prlimit, ...readOnly];
      const libraries = await sharedLibraries(paths);
      return { command: file, readOnly: withoutNested([...paths, ...libraries]) };
    },
    async openDomain(): Promise<Domain> {
      const claim = stage === undefined ? undefined : await claimUid();
      return {
        uid: claim?.uid,
        start: (program, options) => start({ tools, stage, filter, cover, uid: claim?.uid }, program, options),
        close: async () => claim?.release(),
      };
    },
    close: async () => stage?.remove(),
  };
}

function tool(command: string, debianPackage = "util-linux"): string {
  const path = findExecutable(command);
  if (path !== undefined) return path;
  throw new SandboxError("unavailable", `${command} is missing: install ${debianPackage}`);
}

function withoutNested(paths: readonly string[]): string[] {
  const unique = [...new Set(paths)].sort();
  return unique.filter((path) => !unique.some((other) => path.startsWith(`${other}/`)));
}

interface Confinement {
  tools: Tools;
  stage: Stage | undefined;
  filter: Buffer | undefined;
  cover: ReturnType<typeof coverInheritedFds>;
  uid: number | undefined;
}

async function start(
  { tools, stage, filter, cover, uid }: Confinement,
  program: PreparedProgram,
  { args = [], limits = {}, env = {}, extraPipes = 0 }: StartOptions,
): Promise<RunningProgram> {
  const resolved = resolveLimits(limits);
  const infoFd = 3 + extraPipes;
  const staged = stage === undefined ? unstaged(program.readOnly) : stagePaths(stage, program.readOnly);
  const command = [
    ...staged.command,
    ...(uid === undefined ? [] : setprivCommand(tools.setpriv, uid)),
    ...[tools.bwrap, "--info-fd", String(infoFd)],
    ...(filter === undefined ? [] : ["--seccomp", String(infoFd + 1)]),
    ...confinement(staged.exposures, env, resolved),
    ...["--", ...prlimitCommand(tools.prlimit, resolved, true), program.command, ...args],
  ];
  const stdio = Array<"pipe">(infoFd + (filter === undefined ? 1 : 2)).fill("pipe");
  const options = { env: {}, cwd: "/", detached: false };
  const { sockets, exitCode } = await spawnProgram(command, cover(stdio), options);
  if (filter !== undefined) sockets[infoFd + 1]?.end(filter);
  const streams = standardStreams(sockets);
  const pid = await Promise.race([readPid(sockets[infoFd]), exitCode.then(() => undefined)]);
  if (pid === undefined) throw await startFailure(streams.stderr);
  let ended = false;
  const exited = exitCode.finally(() => {
    ended = true;
  });
  const kill = async () => {
    // The program is process 1 of its namespace: the kernel ends all others before bubblewrap sees its end.
    if (!ended) killIfAlive(pid);
    await exited;
  };
  return { pid, ...streams, pipes: sockets.slice(3, infoFd), exited, kill };
}

function unstaged(paths: readonly string[]): { command: string[]; exposures: Exposure[] } {
  return { command: [], exposures: paths.map((path) => ({ source: path, target: path })) };
}

// Before bubblewrap, which would map the sandbox's user to root of the host: not bound by process limits then.
function setprivCommand(setpriv: string, uid: number): string[] {
  const identity = [`--reuid=${uid}`, `--regid=${uid}`, "--clear-groups"];
  return [setpriv, ...identity, "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs", "--"];
}

function confinement(exposures: readonly Exposure[], env: Record<string, string>, limits: Required<Limits>): string[] {
  const variables = { HOME: workFolder, TMPDIR: "/tmp", ...env };
  return [
    ...["--unshare-all", "--unshare-user", "--disable-userns", "--uid", "1000", "--gid", "1000"],
    ...["--die-with-parent", "--new-session", "--as-pid-1", "--hostname", "sandbox"],
    ...["--clearenv", ...Object.entries(variables).flatMap(([name, value]) => ["--setenv", name, value])],
    ...["--size", String(limits.workBytes), "--tmpfs", workFolder],
    ...["--size", String(temporaryBytes), "--tmpfs", "/tmp"],
    ...["--proc", "/proc", "--dev", "/dev"],
    ...["--size", String(temporaryBytes), "--tmpfs", "/dev/shm", "--remount-ro", "/dev"],
    ...exposures.flatMap(({ source, target }) => ["--ro-bind", source, target]),
    ...["--chdir", workFolder, "--remount-ro", "/"],
  ];
}

async function readPid(info: Socket | undefined): Promise<number | undefined> {
  if (info === undefined) return undefined;
  let text = "";
  for await (const chunk of info) text += String(chunk);
  const pid = /"child-pid": (\d+)/.exec(text)?.[1];
  return pid === undefined ? undefined : Number(pid);
}

async function startFailure(stderr: Socket): Promise<SandboxError> {
  let text = "";
  for await (const chunk of stderr) text += String(chunk);
  return new SandboxError("start_failed", `the sandbox did not start: ${text.trim() || "no reason was given"}`);
}

function killIfAlive(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended between the caller's look and this line.
  }
}

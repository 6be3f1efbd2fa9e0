/** What one program may use. The operating system enforces each limit; see the README for what a tier leaves out. */
export interface Limits {
  /** Writable private memory of each process, in bytes. @default 536_870_912 */
  memoryBytes?: number;
  /**
   * Address space of each process, in bytes, for interpreters that reserve far more than they use (Node needs
   * 4 GiB or more). @default the same as `memoryBytes`
   */
  addressSpaceBytes?: number;
  /** Processes and threads at one time, the program's own included. @default 32 */
  processes?: number;
  /** Largest file, in bytes. @default 16_777_216 */
  fileBytes?: number;
  /** Work folder, in bytes. @default 67_108_864 */
  workBytes?: number;
  /** Open files of each process. @default 256 */
  openFiles?: number;
  /** Processor time of each process, in milliseconds, rounded up to whole seconds. @default 60_000 */
  cpuTimeMs?: number;
}

const defaults = {
  memoryBytes: 512 * 1024 * 1024,
  processes: 32,
  fileBytes: 16 * 1024 * 1024,
  workBytes: 64 * 1024 * 1024,
  openFiles: 256,
  cpuTimeMs: 60_000,
};

/** Fills in defaults. @throws {RangeError} if a limit is not a whole number above zero. */
export function resolveLimits(limits: Limits): Required<Limits> {
  const memoryBytes = limits.memoryBytes ?? defaults.memoryBytes;
  const resolved = { ...defaults, addressSpaceBytes: memoryBytes, ...limits };
  for (const [name, value] of Object.entries(resolved)) {
    if (!Number.isSafeInteger(value) || value <= 0) {
      throw new RangeError(`${name} must be a whole number above zero, got ${value}`);
    }
  }
  return resolved;
}

/**
 * The command line that starts a program under `limits`: everything before the program's own command.
 *
 * `countProcesses` is for user namespaces: elsewhere RLIMIT_NPROC counts all processes of the server's user,
 * and does not bind root at all.
 */
export function prlimitCommand(prlimit: string, limits: Required<Limits>, countProcesses: boolean): string[] {
  const cpuSeconds = Math.ceil(limits.cpuTimeMs / 1000);
  return [
    prlimit,
    `--data=${limits.memoryBytes}`,
    `--as=${limits.addressSpaceBytes}`,
    `--fsize=${limits.fileBytes}`,
    `--nofile=${limits.openFiles}`,
    `--cpu=${cpuSeconds}`,
    "--core=0",
    ...(countProcesses ? [`--nproc=${limits.processes}`] : []),
    "--",
  ];
}

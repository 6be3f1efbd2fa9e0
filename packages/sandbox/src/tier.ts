import type { PreparedProgram, RunningProgram, StartOptions } from "./program.ts";

/** What keeps a program in. */
export type TierName = "bubblewrap" | "none";

/** What a tier promises on this machine; a guarantee that is off is not given at all. */
export interface Guarantees extends Record<string, boolean> {
  /** No network but a loopback interface of its own. */
  network_denied: boolean;
  /** It sees and signals its own processes only. */
  own_pid_namespace: boolean;
  /** A user id of the host that no other cell and no other program has. */
  own_uid: boolean;
  /** Reads what it was given, writes its work folder and temporary folders: nothing else of the host is there. */
  filesystem_confined: boolean;
  /** Work and temporary folders are in memory, of limited size, and vanish with the program. */
  disk_limited: boolean;
  /** Memory of each process is limited. */
  memory_limited: boolean;
  process_count_limited: boolean;
  file_size_limited: boolean;
  /** System calls that lead around limits or deep into the kernel fail. */
  system_calls_filtered: boolean;
  /** Nothing that a program starts outlives it. */
  no_process_survives: boolean;
  /** Programs end when the server is killed. */
  dies_with_server: boolean;
}

/** One kind of isolation, opened. */
export interface Tier {
  readonly name: TierName;
  readonly guarantees: Guarantees;
  prepare(command: string, readOnly: readonly string[]): Promise<PreparedProgram>;
  openDomain(): Promise<Domain>;
  close(): Promise<void>;
}

/** What the programs of one cell share. */
export interface Domain {
  readonly uid: number | undefined;
  start(program: PreparedProgram, options: StartOptions): Promise<RunningProgram>;
  /** Called when all its programs have ended. */
  close(): Promise<void>;
}

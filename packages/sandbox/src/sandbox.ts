import { openBubblewrap } from "./bubblewrap.ts";
import { SandboxError } from "./error.ts";
import { openNone } from "./none.ts";
import { probeTier } from "./probe.ts";
import type { PreparedProgram, RunningProgram, StartOptions } from "./program.ts";
import type { Domain, Guarantees, Tier, TierName } from "./tier.ts";

/** A way to run untrusted programs. */
export interface Sandbox {
  readonly tier: TierName;
  readonly guarantees: Guarantees;
  /**
   * Finds out, once, what a program needs to run: its shared libraries and those of the extension modules in
   * `readOnly`, which lists what else it may read. Nothing else of the host will be there.
   */
  prepare(command: string, readOnly?: readonly string[]): Promise<PreparedProgram>;
  /** Opens an isolation domain, for one session. @throws {SandboxError} `closed` */
  createCell(): Promise<Cell>;
  /** Disposes all cells. */
  close(): Promise<void>;
}

/** The isolation domain of one session. Each program starts in an empty work folder of its own. */
export interface Cell {
  /** The user id of its programs as the host sees it, held by no other cell; `undefined` where they have the server's. */
  readonly uid: number | undefined;
  /**
   * Starts a program. Several may run together.
   *
   * @throws {SandboxError} `start_failed` with the system's reason; `closed` after `dispose`.
   * @throws {RangeError} if a limit is not a whole number above zero.
   */
  start(program: PreparedProgram, options?: StartOptions): Promise<RunningProgram>;
  /** Ends all programs of the cell and deletes their folders. Resolves when nothing is left. */
  dispose(): Promise<void>;
}

const tiers = { bubblewrap: openBubblewrap, none: openNone } satisfies Record<TierName, () => Tier>;

/**
 * Opens the tier asked for, after a program has really been run in it. `auto` takes the strongest tier that works
 * and never `none`.
 *
 * @throws {SandboxError} `unknown_tier` for any other name; `unavailable` if the tier does not work here.
 */
export async function openSandbox(requested: string = "auto"): Promise<Sandbox> {
  switch (requested) {
    case "auto":
    case "bubblewrap":
      return openTier("bubblewrap");
    case "none":
      return openTier("none");
    default:
      throw new SandboxError("unknown_tier", `no sandbox is named "${requested}": use auto, bubblewrap or none`);
  }
}

async function openTier(name: TierName): Promise<Sandbox> {
  try {
    const tier = tiers[name]();
    const sandbox = sandboxOf(tier);
    try {
      await probeTier(sandbox);
    } catch (error) {
      await sandbox.close();
      throw error;
    }
    return sandbox;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const advice = "Install bubblewrap and allow user namespaces, or ask for the sandbox `none` (--sandbox none), ";
    const message = `The sandbox ${name} does not work here: ${reason}. ${advice}which gives no isolation.`;
    throw new SandboxError("unavailable", message, { cause: error });
  }
}

function sandboxOf(tier: Tier): Sandbox {
  const cells = new Set<Cell>();
  let closed = false;
  return {
    tier: tier.name,
    guarantees: tier.guarantees,
    prepare: (command, readOnly = []) => tier.prepare(command, readOnly),
    async createCell() {
      if (closed) throw new SandboxError("closed", "the sandbox is closed");
      const cell = cellOf(await tier.openDomain(), () => cells.delete(cell));
      cells.add(cell);
      return cell;
    },
    async close() {
      if (closed) return;
      closed = true;
      await Promise.all([...cells].map((cell) => cell.dispose()));
      await tier.close();
    },
  };
}

function cellOf(domain: Domain, onDisposed: () => void): Cell {
  const programs = new Set<Promise<RunningProgram>>();
  let disposal: Promise<void> | undefined;
  const forget = (program: Promise<RunningProgram>) => () => programs.delete(program);
  const dispose = async () => {
    // Programs that are just starting are waited for, so that none comes up after the end.
    const started = await Promise.allSettled(programs);
    await Promise.all(started.map((result) => (result.status === "fulfilled" ? result.value.kill() : undefined)));
    await domain.close();
    onDisposed();
  };
  return {
    uid: domain.uid,
    async start(program, options = {}) {
      if (disposal !== undefined) throw new SandboxError("closed", "the cell was disposed");
      const starting = domain.start(program, options);
      programs.add(starting);
      starting.then(({ exited }) => exited).then(forget(starting), forget(starting));
      return starting;
    },
    dispose() {
      disposal ??= dispose();
      return disposal;
    },
  };
}

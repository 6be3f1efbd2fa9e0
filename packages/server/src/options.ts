import type { Logger, Mode } from "./environment.ts";
import { consoleLogger } from "./logger.ts";

/** How a server holds its sessions, whatever carries them. */
export interface ServerOptions {
  /** In production there is no reset, no environment action and no reward. @default "simulation" */
  mode?: Mode;
  /** Most sessions at a time; an environment may lower it. @default 256 */
  maxSessions?: number;
  /** Longest silence of a session, with or without a socket, in milliseconds. @default none with a socket, 15 min without */
  idleTimeoutMs?: number | undefined;
  /** Longest creation of one environment, in milliseconds. @default 120_000 */
  createTimeoutMs?: number;
  /** Longest wait for running steps at shutdown, in milliseconds. @default 5_000 */
  graceMs?: number;
  /** Options that the server itself resets each session with; production mode only. */
  reset?: Record<string, unknown>;
  /** Passed to the environment's `start`. @default "auto" */
  sandbox?: string;
  /** Largest HTTP body and WebSocket message from a client, in bytes. @default 16 MiB */
  maxMessageBytes?: number;
  /** Origins that browsers may connect from beside the server's own, as `https://example.org`. */
  allowedOrigins?: readonly string[];
  logger?: Logger;
}

export type ResolvedOptions = Required<Omit<ServerOptions, "idleTimeoutMs">> & { idleTimeoutMs: number | undefined };

const defaults: ResolvedOptions = {
  mode: "simulation",
  maxSessions: 256,
  idleTimeoutMs: undefined,
  createTimeoutMs: 120_000,
  graceMs: 5_000,
  reset: {},
  sandbox: "auto",
  maxMessageBytes: 16 * 2 ** 20,
  allowedOrigins: [],
  logger: consoleLogger,
};

/** Fills in defaults. @throws {RangeError} if a limit is not above zero, or the mode is unknown. */
export function resolveOptions(options: ServerOptions): ResolvedOptions {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const resolved: ResolvedOptions = { ...defaults, ...given };
  if (resolved.mode !== "simulation" && resolved.mode !== "production") {
    throw new RangeError(`mode must be "simulation" or "production", got "${String(resolved.mode)}"`);
  }
  if (!Number.isInteger(resolved.maxSessions) || resolved.maxSessions < 1) {
    throw new RangeError(`maxSessions must be a whole number of at least 1, got ${resolved.maxSessions}`);
  }
  for (const name of ["idleTimeoutMs", "createTimeoutMs", "graceMs", "maxMessageBytes"] as const) {
    const value = resolved[name];
    if (value !== undefined && !(value > 0)) throw new RangeError(`${name} must be above zero, got ${value}`);
  }
  return resolved;
}

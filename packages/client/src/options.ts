/** How a client connects and how long it waits. */
export interface ClientOptions {
  /** Longest wait for the socket to open, in milliseconds; `Infinity` waits for ever. @default 10_000 */
  connectTimeoutMs?: number;
  /** Longest wait for one reply, in milliseconds; `Infinity` waits for ever. @default 60_000 */
  replyTimeoutMs?: number;
  /** Largest reply, in bytes. In browsers the browser's own limit holds. @default 100 MiB */
  maxReplyBytes?: number;
  /** Time between pings, in milliseconds; a server that misses two is gone. `Infinity` sends none; browsers send none. @default 20_000 */
  pingIntervalMs?: number;
  /** Sent as `Authorization: Bearer`. Browsers cannot send it on a WebSocket. */
  bearer?: string;
  /** Attach to a session that exists, instead of opening one. */
  sessionId?: string;
  /** Closes the connection when aborted, also while it opens. */
  signal?: AbortSignal;
}

export type ResolvedOptions = Required<Omit<ClientOptions, "bearer" | "sessionId" | "signal">> & ClientOptions;

const defaults = {
  connectTimeoutMs: 10_000,
  replyTimeoutMs: 60_000,
  maxReplyBytes: 100 * 2 ** 20,
  pingIntervalMs: 20_000,
};

/** Fills in defaults. @throws {RangeError} if a number is not above zero. */
export function resolveOptions(options: ClientOptions): ResolvedOptions {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const resolved: ResolvedOptions = { ...defaults, ...given };
  for (const name of ["connectTimeoutMs", "replyTimeoutMs", "maxReplyBytes", "pingIntervalMs"] as const) {
    if (!(resolved[name] > 0)) throw new RangeError(`${name} must be above zero, got ${resolved[name]}`);
  }
  return resolved;
}

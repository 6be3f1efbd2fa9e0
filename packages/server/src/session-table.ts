import { ProtocolError } from "@openenv/schema";
import { withDeadline } from "./deadline.ts";
import type { ResolvedOptions } from "./options.ts";
import type { Session } from "./session.ts";

/** Who a session belongs to: a plain `/ws` socket alone, or whoever holds its id. */
export type Ownership = "socket" | "id";

/** All sessions of a server, through whichever door they came: one id space, one capacity. */
export interface SessionTable {
  readonly active: number;
  readonly max: number;
  /** Whether the last environments could not be created. */
  readonly degraded: boolean;
  /** Takes a slot and opens a session. @throws {ProtocolError} `CAPACITY_REACHED` or `FACTORY_ERROR`. */
  open(ownership: Ownership, bearer?: string): Promise<Session>;
  /** The session of an id, for a door other than its socket. @throws {ProtocolError} `SESSION_ERROR`. */
  find(id: string, bearer?: string): Session;
  /** Whether `find` would find it. */
  has(id: string, bearer?: string): boolean;
  /** Binds a session to a socket; `onEnd` runs if the session ends first. @throws {ProtocolError} `SESSION_ERROR`. */
  attach(id: string, bearer: string | undefined, onEnd: () => void): Session;
  /** Ends what `attach` began; a session that was asked to close meanwhile is closed now. */
  detach(id: string): void;
  /** Runs when a session is ended by the table: by idleness. */
  watch(id: string, onEnd: () => void): void;
  /** Closes a session; while a socket is attached it is only marked, and closes at its detaching. */
  end(id: string, bearer?: string): Promise<"closed" | "closing">;
  /** Closes a session whoever is bound to it, and frees its slot once the environment is closed. */
  destroy(id: string): Promise<void>;
  /** Lets running steps end within the grace time and closes every session. */
  close(): Promise<void>;
}

interface Entry {
  session: Session | undefined; // undefined: being created
  ownership: Ownership;
  bearer: string | undefined;
  attached: boolean;
  endWhenDetached: boolean;
  endWhenCreated: boolean;
  onEnd: (() => void) | undefined;
  /** `uses` of the session when the sweeper last saw it change, and when that was, in milliseconds since the epoch. */
  seenUses: number;
  silentSinceMs: number;
}

/** Silence after which a session without a socket ends, in milliseconds. */
const detachedIdleMs = 15 * 60_000;

/** Failed creations in a row after which the server calls itself degraded. */
const degradedAfter = 3;

export function openSessionTable(
  options: ResolvedOptions,
  max: number,
  create: (id: string) => Promise<Session>,
): SessionTable {
  const entries = new Map<string, Entry>();
  let failures = 0;
  let closed = false;
  const creating = new Set<Promise<Session>>();

  async function inGrace(work: Promise<unknown>): Promise<void> {
    await withDeadline<unknown>(work, options.graceMs, () => undefined);
  }
  let sweeper: ReturnType<typeof setInterval> | undefined;

  function sweep(): void {
    const now = Date.now();
    for (const [id, entry] of entries) {
      const { session } = entry;
      if (session === undefined) continue;
      if (session.busy() || session.uses() !== entry.seenUses) {
        entry.seenUses = session.uses();
        entry.silentSinceMs = now;
        continue;
      }
      const bound = entry.attached || entry.ownership === "socket";
      const limit = options.idleTimeoutMs ?? (bound ? Number.POSITIVE_INFINITY : detachedIdleMs);
      if (now - entry.silentSinceMs < limit) continue;
      options.logger.info(`session ${id.slice(0, 8)} ended after ${Math.round(limit / 1000)} s of silence`);
      entry.onEnd?.();
      void destroy(id);
    }
  }

  /** Sessions without a socket need sweeping, and all of them where the operator set a limit. */
  function startSweeping(): void {
    if (sweeper !== undefined) return;
    const period = Math.max(Math.min((options.idleTimeoutMs ?? detachedIdleMs) / 4, 60_000), 10);
    sweeper = setInterval(sweep, period);
    if (typeof sweeper === "object") sweeper.unref();
  }

  async function open(ownership: Ownership, bearer?: string): Promise<Session> {
    const details = { active_sessions: entries.size, max_sessions: max };
    if (closed) throw new ProtocolError("CAPACITY_REACHED", "The server is shutting down", { details });
    if (entries.size >= max) {
      const message = `Server at capacity: ${entries.size}/${max} sessions active`;
      throw new ProtocolError("CAPACITY_REACHED", message, { details });
    }
    const id = newSessionId();
    const entry: Entry = {
      session: undefined,
      ownership,
      bearer,
      attached: false,
      endWhenDetached: false,
      endWhenCreated: false,
      onEnd: undefined,
      seenUses: 0,
      silentSinceMs: Date.now(),
    };
    entries.set(id, entry);
    const created = create(id);
    creating.add(created);
    try {
      entry.session = await created;
      failures = 0;
    } catch (reason) {
      entries.delete(id);
      failures++;
      throw reason;
    } finally {
      creating.delete(created);
    }
    if (entry.endWhenCreated) {
      await destroy(id);
      throw new ProtocolError("CAPACITY_REACHED", "The server is shutting down", { details });
    }
    if (ownership === "id" || options.idleTimeoutMs !== undefined) startSweeping();
    return entry.session;
  }

  function known(id: string, bearer: string | undefined): Entry | undefined {
    const entry = entries.get(id);
    return entry !== undefined && sameSecret(entry.bearer, bearer) ? entry : undefined;
  }

  function ready(id: string, bearer: string | undefined): Entry & { session: Session } {
    const entry = known(id, bearer);
    if (entry === undefined) throw unknownSession(id);
    if (entry.ownership === "socket") {
      throw new ProtocolError("SESSION_ERROR", "This session belongs to the socket that opened it");
    }
    if (!isReady(entry)) {
      throw new ProtocolError("SESSION_ERROR", "The session is still initialising", {
        details: { initialising: true },
      });
    }
    entry.session.touch();
    return entry;
  }

  async function destroy(id: string): Promise<void> {
    const entry = entries.get(id);
    if (entry === undefined) return;
    if (entry.session === undefined) {
      entry.endWhenCreated = true;
      return;
    }
    await entry.session.close(options.graceMs);
    entries.delete(id); // only now: a new session must not meet the resources of the old one
  }

  return {
    get active() {
      return entries.size;
    },
    max,
    get degraded() {
      return failures >= degradedAfter;
    },
    open,
    find: (id, bearer) => ready(id, bearer).session,
    has(id, bearer) {
      const entry = known(id, bearer);
      return entry?.ownership === "id" && isReady(entry);
    },
    attach(id, bearer, onEnd) {
      const entry = ready(id, bearer);
      if (entry.attached) throw new ProtocolError("SESSION_ERROR", "Another socket is attached to this session");
      entry.attached = true;
      entry.onEnd = onEnd;
      return entry.session;
    },
    detach(id) {
      const entry = entries.get(id);
      if (entry === undefined) return;
      entry.attached = false;
      entry.onEnd = undefined;
      entry.session?.touch();
      if (entry.endWhenDetached) void destroy(id);
    },
    watch(id, onEnd) {
      const entry = entries.get(id);
      if (entry !== undefined) entry.onEnd = onEnd;
    },
    async end(id, bearer) {
      const entry = ready(id, bearer);
      if (entry.attached) {
        entry.endWhenDetached = true;
        return "closing";
      }
      await destroy(id);
      return "closed";
    },
    destroy,
    async close() {
      closed = true;
      if (sweeper !== undefined) clearInterval(sweeper);
      const settled = [...entries.values()].map((entry) => entry.session?.settled());
      await inGrace(Promise.all(settled));
      await Promise.all([...entries.keys()].map(destroy));
      await inGrace(Promise.allSettled(creating)); // what they use must not be stopped under them
    },
  };
}

function isReady(entry: Entry): entry is Entry & { session: Session } {
  return entry.session !== undefined;
}

function unknownSession(id: string): ProtocolError {
  return new ProtocolError("SESSION_ERROR", `Unknown session_id: ${id.slice(0, 64)}`);
}

/** 128 random bits: whoever holds the id may use the session. */
function newSessionId(): string {
  const [high = 0n, low = 0n] = crypto.getRandomValues(new BigUint64Array(2));
  return high.toString(16).padStart(16, "0") + low.toString(16).padStart(16, "0");
}

/** Compares in a time that tells nothing of where two secrets differ. No secret at creation: none is asked for. */
function sameSecret(expected: string | undefined, given: string | undefined): boolean {
  if (expected === undefined) return true;
  if (given === undefined || given.length !== expected.length) return false;
  let difference = 0;
  for (let i = 0; i < expected.length; i++) difference |= expected.charCodeAt(i) ^ given.charCodeAt(i);
  return difference === 0;
}

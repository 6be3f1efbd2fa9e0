import { createActions } from "./actions.ts";
import { type Profile, profiles, type ServerCheck } from "./check.ts";
import { type Facts, readFacts } from "./facts.ts";
import { isObject } from "./json.ts";
import type { Finding } from "./report.ts";
import { type RequirementId, requirementLink, requirements } from "./requirements.ts";
import type { Script } from "./script.ts";
import { type Control, createServer, mostSessions, type Shared } from "./server.ts";
import { createTrace, type Trace } from "./trace.ts";
import { NotApplicable, Violation } from "./verdict.ts";
import { type Connection, upgrade } from "./wire/connection.ts";
import { exchange, type HttpAnswer, type HttpRequest } from "./wire/http.ts";
import { createWireLog } from "./wire-log.ts";

export interface ServerOptions {
  /** Where the server is: `http:`, `https:`, `ws:` or `wss:`; a path is kept as a prefix of every route. */
  url: string | URL;
  /** Profiles that must be offered and are checked. Default: those that the server offers. */
  profiles?: readonly Profile[];
  /** What the run knows about the environment. */
  script?: Script;
  /** Where generated actions begin. Default 1. */
  seed?: number;
  /** How long a reply may take, in milliseconds. Default 10000. */
  deadlineMs?: number;
  /** Whether checks that wait out the server's own timers run too. Default false. */
  slow?: boolean;
  /** What the caller can do to the server; checks that need it are not applicable without. */
  control?: Control;
}

/** Where a server has more slots than this, no check waits for those of another to be freed. */
const roomySessions = 64;

/** Longest wait for sessions to end, and the time between two looks, in milliseconds. */
const settleMs = 5_000;
const pollMs = 20;

/** Holds one server against requirements. What the server offers is read once, at the first question. */
export interface Judge {
  judge(check: ServerCheck): Promise<Finding>;
  facts(): Promise<Facts>;
  /** Profiles that this run checks. */
  profiles(): Promise<readonly Profile[]>;
  /** How many sessions checks that run at the same time may have open together. */
  room(): Promise<number>;
  /** Sessions that are open when those of the suite have had time to end; undefined where the server does not tell. */
  openAfter(): Promise<number | undefined>;
}

export function createJudge(options: ServerOptions): Judge {
  const url = httpUrl(options.url);
  const { script = {}, seed = 1, deadlineMs = 10_000, slow = false } = options;
  const log = createWireLog();
  const ask = (asked: HttpRequest): Promise<HttpAnswer> =>
    exchange(url, asked, createTrace().channel("http"), deadlineMs);

  async function share(): Promise<Shared> {
    const facts = await readFacts(url, ask);
    const capacity = Math.min(facts.maxSessions || (await probeCapacity(url, deadlineMs)), mostSessions);
    const actions = createActions(facts, script, seed);
    return {
      url,
      facts,
      actions,
      resetOptions: script.reset ?? {},
      deadlineMs,
      slow,
      control: options.control,
      capacity,
      roomy: (facts.maxSessions ?? 0) > roomySessions,
      log,
    };
  }
  /** Waits until no more sessions are open than before the checks, within reason. */
  async function settle(before: number | undefined): Promise<{ open: number | undefined; free: boolean }> {
    if (before === undefined) return { open: undefined, free: true };
    const end = Date.now() + settleMs;
    for (;;) {
      const json = await ask({ path: "/health" }).then(
        (answer) => answer.json,
        () => undefined,
      );
      // A server that has died since is what the findings tell of.
      if (!isObject(json) || typeof json.active_sessions !== "number") return { open: undefined, free: true };
      const open = json.active_sessions;
      if (open <= before || Date.now() > end) return { open, free: open <= before };
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  }

  // Where sessions do not end, a check says so; the others do not wait for them again and again.
  let slotsFree = true;
  // The check during which the server stopped answering: to go on would take long and tell nothing.
  let diedDuring: string | undefined;
  let sharing: Promise<Shared> | undefined;
  const ready = (): Promise<Shared> => {
    sharing ??= share();
    return sharing;
  };
  const answers = (): Promise<boolean> =>
    ask({ path: "/health" }).then(
      () => true,
      () => false,
    );
  const selected = async (): Promise<readonly Profile[]> => {
    const { facts } = await ready();
    return options.profiles ?? profiles.filter((profile) => facts.profiles.has(profile));
  };

  return {
    facts: async () => (await ready()).facts,
    async room() {
      const { facts, roomy, capacity } = await ready();
      // A server that tells how many sessions are open is asked after each check; then one check must be told from another.
      return roomy || facts.openBefore === undefined ? capacity : 1;
    },
    profiles: selected,
    async openAfter() {
      const { openBefore } = (await ready()).facts;
      return (await settle(openBefore)).open;
    },
    async judge(check) {
      const shared = await ready();
      const trace = createTrace();
      const begun = performance.now();
      const excuse =
        excused(check, shared, await selected(), slow) ??
        (diedDuring === undefined ? undefined : `the server stopped answering during the check of ${diedDuring}`);
      const own = { ...shared, actions: createActions(shared.facts, script, seed + numberOf(check.id)) };
      const verdict = excuse === undefined ? await observed(check, own, trace) : { message: excuse, held: undefined };
      if (verdict.held === false && diedDuring === undefined && !(await answers())) diedDuring = check.id;
      if (excuse === undefined && !shared.roomy && slotsFree) slotsFree = (await settle(shared.facts.openBefore)).free;
      return finding(check, verdict, trace, Math.round(performance.now() - begun));
    },
  };
}

/** `held` is undefined where the requirement is not applicable. */
export interface Verdict {
  held: boolean | undefined;
  message?: string;
}

function excused(
  check: ServerCheck,
  { facts, capacity }: Shared,
  selected: readonly Profile[],
  slow: boolean,
): string | undefined {
  if (!selected.includes(check.profile))
    return `the profile ${check.profile} is not among those checked: ${selected.join(", ")}`;
  if (check.mode !== undefined && check.mode !== facts.mode) return `the server is in ${facts.mode} mode`;
  if (check.slots > capacity) return `needs ${check.slots} sessions at once, and the server has room for ${capacity}`;
  if (check.slow && !slow) return "waits out the server's own timers; runs with --slow";
  return undefined;
}

function observed(check: ServerCheck, shared: Shared, trace: Trace): Promise<Verdict> {
  const { server, leave } = createServer(shared, trace);
  return observe(check.id, () => check.run(server), leave);
}

/** Runs the body of a check, and leaves nothing of it behind. @throws {Error} where the check itself is defective. */
export async function observe(
  id: RequirementId,
  run: () => Promise<void>,
  leave: () => Promise<void>,
): Promise<Verdict> {
  try {
    await run();
    return { held: true };
  } catch (error) {
    if (error instanceof NotApplicable) return { held: undefined, message: error.message };
    if (error instanceof Violation) return { held: false, message: error.message };
    throw new Error(`the check of ${id} is defective`, { cause: error });
  } finally {
    await leave();
  }
}

/** What came of a check of a server, or of a client. */
export function finding(
  { id, profile }: { id: RequirementId; profile: Finding["profile"] },
  { held, message }: Verdict,
  trace: Trace,
  duration_ms: number,
): Finding {
  const { level, sentence } = requirements[id];
  const status = held === undefined ? "not-applicable" : held ? "pass" : level.startsWith("MUST") ? "fail" : "warn";
  return {
    id,
    level,
    profile,
    sentence,
    link: requirementLink(id),
    status,
    ...(message === undefined ? {} : { message }),
    ...(held === false ? { exchange: trace.lines } : {}),
    duration_ms,
  };
}

/** A number that an id always has: where the actions of its check begin, whatever runs before or beside it. */
function numberOf(id: string): number {
  let number = 0;
  for (const character of id) number = (Math.imul(number, 31) + (character.codePointAt(0) ?? 0)) >>> 0;
  return number;
}

/** How many sessions, up to the most that the suite needs, a server that does not tell has room for. */
async function probeCapacity(url: URL, deadlineMs: number): Promise<number> {
  const target = new URL(`${url.pathname.replace(/\/$/, "")}/ws`, url);
  const connections: Connection[] = [];
  let opened = 0;
  try {
    while (opened < mostSessions) {
      const upgraded = await upgrade(target, { trace: createTrace().channel("ws"), deadlineMs });
      if (!("connection" in upgraded)) break;
      connections.push(upgraded.connection);
      const reply = await upgraded.connection.ask({ type: "state" });
      const { code } = isObject(reply.data) ? reply.data : {};
      if (code === "CAPACITY_REACHED" || code === "FACTORY_ERROR") break;
      opened += 1;
    }
  } catch (error) {
    // A server that breaks off here is for the checks to find.
    if (!(error instanceof Violation)) throw error;
  } finally {
    await Promise.all(connections.map((connection) => connection.close()));
  }
  return Math.max(1, opened);
}

/** The address as an HTTP address. Throws a `TypeError` that says what is wrong with it. */
export function httpUrl(address: string | URL): URL {
  const text = String(address);
  const url = new URL(text.includes("://") ? text : `http://${text}`);
  const protocol = { "ws:": "http:", "wss:": "https:" }[url.protocol] ?? url.protocol;
  if (protocol !== "http:" && protocol !== "https:") throw new TypeError(`${url.href} is no address of an HTTP server`);
  return new URL(protocol + url.href.slice(url.protocol.length));
}

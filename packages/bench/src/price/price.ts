// What the socket costs: one game and one client, and every way from one to the other.

import type { Sample } from "../comparison.ts";
import { type Crew, withCrew } from "../crew.ts";
import type { Progress } from "../progress.ts";
import { validators } from "../protocol.ts";
import { median } from "../statistics.ts";
import { type Carrier, carriers, floorName, pythonName } from "./carriers.ts";
import type { Served } from "./served.ts";

export interface Extent {
  /** Sessions at once, one set of windows for each. */
  sessions: readonly number[];
  /** Sessions by which memory is measured. */
  idleSessions: number;
  repetitions: number;
  windowMs: number;
  warmUpMs: number;
}

export const fullExtent: Extent = {
  sessions: [1, 256],
  idleSessions: 1_000,
  repetitions: 7,
  windowMs: 1_000,
  warmUpMs: 2_000,
};
export const quickExtent: Extent = { sessions: [1, 8], idleSessions: 50, repetitions: 2, windowMs: 100, warmUpMs: 100 };

/** What was measured of one carrier with so many sessions; medians over the windows. */
export interface Price {
  carrier: string;
  sessions: number;
  stepsPerSecond: number;
  /** Of one step, as the client waits for it. */
  p50Us: number;
  p99Us: number;
  /** CPU of the server per step; null where server and client are one process. */
  serverCpuUs: number | null;
  /** Steps per second in those of the WebSocket on loopback, window by window. */
  ofLoopback: number;
}

export interface PriceTarget {
  what: string;
  reached: number;
  met: boolean;
}

export interface PriceReport {
  node: string;
  core: number | null;
  quick: boolean;
  prices: Price[];
  /** RSS of the server per session, in KiB, and from its start to its first answer, in milliseconds. */
  servers: { carrier: string; kiBPerSession: number; startMs: number }[];
  /** Carriers that this machine cannot offer, with the reason. */
  missing: { carrier: string; reason: string }[];
  targets: PriceTarget[];
}

interface Standing {
  carrier: Carrier;
  served: Served | undefined;
}

/** Measures every carrier that the machine offers. Aborting ends all processes and containers, and rejects. */
export async function measurePrice(
  extent: Extent,
  core: number | undefined,
  progress: Progress,
  signal: AbortSignal,
): Promise<Omit<PriceReport, "quick">> {
  const standing: Standing[] = [];
  const missing: PriceReport["missing"] = [];
  try {
    for (const carrier of carriers) {
      progress.at(0, extent.sessions.length, `starting ${carrier.name}`);
      try {
        standing.push({ carrier, served: await carrier.start?.(core, signal) });
      } catch (error) {
        signal.throwIfAborted();
        missing.push({ carrier: carrier.name, reason: error instanceof Error ? error.message : String(error) });
      }
    }
    const memory = await withCrew({ core, signal }, (crew) => measureMemory(crew, standing, extent.idleSessions));
    const prices: Price[] = [];
    for (const [index, sessions] of extent.sessions.entries()) {
      progress.at(index + 1, extent.sessions.length, `${sessions} sessions`);
      prices.push(...(await measureSessions(standing, sessions, extent, { core, signal })));
    }
    const servers = standing.flatMap(({ carrier: { name }, served }) =>
      served === undefined
        ? []
        : [{ carrier: name, kiBPerSession: memory.get(name) ?? Number.NaN, startMs: served.startMs }],
    );
    return { node: process.version, core: core ?? null, prices, servers, missing, targets: targetsOf(prices) };
  } finally {
    await Promise.all(standing.map(({ served }) => served?.[Symbol.asyncDispose]()));
  }
}

/** Sessions that load the server's code, before the first look at its memory. */
const warmUpSessions = 20;

/** RSS of each server per session that has reset and waits, in KiB. */
async function measureMemory(
  crew: Crew,
  standing: readonly Standing[],
  sessions: number,
): Promise<Map<string, number>> {
  const memory = new Map<string, number>();
  for (const { carrier, served } of standing) {
    if (served === undefined) continue;
    const open = async (count: number): Promise<void> => {
      const load = carrier.load(count);
      await crew
        .load(load.drives)
        .ask({ ask: "open", side: carrier.name, url: served.address, load }, validators.nothing);
    };
    const close = (): Promise<null> =>
      crew.load(carrier.load(1).drives).ask({ ask: "close", side: carrier.name }, validators.nothing);
    await open(warmUpSessions);
    await close();
    const before = served.usage().rssBytes;
    await open(sessions);
    memory.set(carrier.name, (served.usage().rssBytes - before) / sessions / 1024);
    await close();
  }
  return memory;
}

function measureSessions(
  standing: readonly Standing[],
  sessions: number,
  { repetitions, windowMs, warmUpMs }: Extent,
  spawning: { core: number | undefined; signal: AbortSignal },
): Promise<Price[]> {
  return withCrew(spawning, async (crew) => {
    const samples = new Map<string, Sample[]>();
    for (const { carrier, served } of standing) {
      const load = carrier.load(sessions);
      await crew
        .load(load.drives)
        .ask({ ask: "open", side: carrier.name, url: served?.address ?? "", load }, validators.nothing);
      await sample(crew, { carrier, served }, sessions, warmUpMs);
      samples.set(carrier.name, []);
    }
    for (let repetition = 0; repetition < repetitions; repetition++) {
      for (const each of repetition % 2 === 0 ? standing : standing.toReversed()) {
        samples.get(each.carrier.name)?.push(await sample(crew, each, sessions, windowMs));
      }
    }
    for (const { carrier } of standing) {
      await crew.load(carrier.load(sessions).drives).ask({ ask: "close", side: carrier.name }, validators.nothing);
    }
    const floor = samples.get(floorName) ?? [];
    return [...samples].map(([carrier, taken]) => priceOf(carrier, sessions, taken, floor));
  });
}

async function sample(
  crew: Crew,
  { carrier, served }: Standing,
  sessions: number,
  durationMs: number,
): Promise<Sample> {
  const before = served?.usage();
  const driver = crew.load(carrier.load(sessions).drives);
  const window = await driver.ask({ ask: "measure", side: carrier.name, durationMs }, validators.measurement);
  const after = served?.usage();
  return {
    stepsPerSecond: (window.steps / window.wallMs) * 1000,
    serverCpuUs: before && after && (after.cpuUs - before.cpuUs) / window.steps,
    loadCpuUs: window.loadCpuUs / window.steps,
    p50Us: window.p50Us,
    p99Us: window.p99Us,
  };
}

function priceOf(carrier: string, sessions: number, samples: readonly Sample[], floor: readonly Sample[]): Price {
  const cpu = samples.flatMap(({ serverCpuUs }) => serverCpuUs ?? []);
  return {
    carrier,
    sessions,
    stepsPerSecond: median(samples.map((each) => each.stepsPerSecond)),
    p50Us: median(samples.map((each) => each.p50Us)),
    p99Us: median(samples.map((each) => each.p99Us)),
    serverCpuUs: cpu.length === 0 ? null : median(cpu),
    ofLoopback: median(
      samples.map((each, index) => each.stepsPerSecond / (floor[index]?.stepsPerSecond ?? Number.NaN)),
    ),
  };
}

/** What is demanded: many times the speed of Python's server for little of its CPU, and next to nothing for a container. */
function targetsOf(prices: readonly Price[]): PriceTarget[] {
  const many = Math.max(...prices.map(({ sessions }) => sessions));
  const at = (carrier: string): Price | undefined =>
    prices.find((each) => each.carrier === carrier && each.sessions === many);
  const [ours, python, bridge, unix] = [
    floorName,
    pythonName,
    "container, bridge address",
    "container, Unix socket",
  ].map(at);
  const targets: PriceTarget[] = [];
  if (ours !== undefined && python !== undefined) {
    const speed = ours.stepsPerSecond / python.stepsPerSecond;
    const cpu = (ours.serverCpuUs ?? Number.NaN) / (python.serverCpuUs ?? Number.NaN);
    targets.push({
      what: `steps per second at ${many} sessions, in those of Python's server: at least 5`,
      reached: speed,
      met: speed >= 5,
    });
    targets.push({
      what: "server CPU per step, in that of Python's server: at most 0.2",
      reached: cpu,
      met: cpu <= 0.2,
    });
  }
  const reached = Math.max(bridge?.ofLoopback ?? 0, unix?.ofLoopback ?? 0);
  if (reached > 0) {
    targets.push({
      what: `steps per second of a container by bridge address or Unix socket at ${many} sessions, in those of a process of the host: at least 0.9`,
      reached,
      met: reached >= 0.9,
    });
  }
  return targets;
}

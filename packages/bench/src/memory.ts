// What sessions cost in memory: while they idle, and after they are gone.

import { type Crew, type RunningServer, withCrew } from "./crew.ts";
import { type ServerRole, validators } from "./protocol.ts";
import { atMost, type Row } from "./row.ts";
import { compareSamples, median } from "./statistics.ts";
import type { Measuring, Subject } from "./subject.ts";

const observationBytes = 200;
const rounds = 5;

/** KiB of server RSS. Of Node 24, where a socket of `ws` alone takes most of it. */
const idleKiBAtMost = 24;

/** Sessions that load the code, before the first look at the memory. */
const warmUpSessions = 10;

/**
 * V8 lets the young generation grow with the work of a server, by as much as thousands of sessions take, and keeps it.
 * Where it is held small, what is left is what the sessions take.
 */
const smallYoungGeneration = ["--max-semi-space-size=1"];

const idleName = "Memory per idle session";
const roundsName = "RSS after 5 rounds of sessions";

export const memorySubjects: readonly Subject[] = [
  { names: [idleName], measure: measureIdle },
  { names: [roundsName], measure: measureRounds },
];

async function measureIdle(measuring: Measuring): Promise<Row[]> {
  const { subject, floor } = await idleKiB(measuring, []);
  const small = await idleKiB(measuring, smallYoungGeneration);
  return [
    {
      ...unpaced,
      subject: idleName,
      floor: `ws alone, ${floor.toFixed(1)} KiB`,
      ratio: compareSamples([subject], [floor], Math.min),
      targets: [atMost("KiB", idleKiBAtMost, { median: subject, best: subject })],
    },
    {
      ...unpaced,
      subject: `${idleName}, small young generation: ${small.subject.toFixed(1)} KiB`,
      floor: `ws alone, ${small.floor.toFixed(1)} KiB`,
      ratio: compareSamples([small.subject], [small.floor], Math.min),
      targets: [],
    },
  ];
}

async function measureRounds({ roundSessions, spawning }: Measuring): Promise<Row[]> {
  const sizes = await withCrew({ ...spawning, core: undefined, serverOptions: smallYoungGeneration }, async (crew) => {
    const server = await crew.server({ serves: "openenv", observationBytes });
    const after: number[] = [];
    for (let round = 0; round < rounds; round++) {
      await openSessions(crew, server, "round", roundSessions);
      await closeSessions(crew, "round");
      after.push((await server.settledUsage()).rssBytes);
    }
    return after;
  });
  const [first = Number.NaN] = sizes;
  const growth = sizes.map((size) => size / first);
  const last = growth.at(-1) ?? Number.NaN;
  return [
    {
      ...unpaced,
      subject: roundsName,
      floor: "after the first",
      ratio: { median: median(growth), min: Math.min(...growth), max: Math.max(...growth), best: last },
      targets: [atMost("the last", 1.1, { median: last, best: last })],
    },
  ];
}

/** RSS per session of the subject and of its floor. */
async function idleKiB(
  { idleSessions, spawning }: Measuring,
  serverOptions: readonly string[],
): Promise<{ subject: number; floor: number }> {
  const measure = (serves: ServerRole["serves"]): Promise<number> =>
    withCrew({ ...spawning, core: undefined, serverOptions }, (crew) =>
      kiBPerSession(crew, { serves, observationBytes }, idleSessions),
    );
  return { floor: await measure("raw-echo"), subject: await measure("openenv") };
}

/** RSS of a server per session that has exchanged messages and waits. */
async function kiBPerSession(crew: Crew, role: ServerRole, sessions: number): Promise<number> {
  const server = await crew.server(role);
  await openSessions(crew, server, "warm-up", warmUpSessions);
  await closeSessions(crew, "warm-up");
  const before = await server.settledUsage();
  await openSessions(crew, server, "idle", sessions);
  const after = await server.settledUsage();
  return (after.rssBytes - before.rssBytes) / sessions / 1024;
}

async function openSessions(crew: Crew, { url }: RunningServer, side: string, sessions: number): Promise<void> {
  await crew.load("sockets").ask({ ask: "open", side, url, load: { drives: "sockets", sessions } }, validators.nothing);
}

async function closeSessions(crew: Crew, side: string): Promise<void> {
  await crew.load("sockets").ask({ ask: "close", side }, validators.nothing);
}

const unpaced: Pick<Row, "serverCpu" | "loadCpu" | "p50Us" | "p99Us"> = {
  serverCpu: null,
  loadCpu: null,
  p50Us: null,
  p99Us: null,
};

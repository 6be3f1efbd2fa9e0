// What is compared for speed, and what is demanded of it.

import { compare, type Sample, type Side } from "./comparison.ts";
import type { ServerRole } from "./protocol.ts";
import { atLeast, atMost, type Row } from "./row.ts";
import { compareSamples, median, type Spread } from "./statistics.ts";
import type { Measuring, Subject } from "./subject.ts";

/** A line to be drawn from a comparison's samples. */
interface Line {
  subject: string;
  floor: string;
  /** Names of the two sides. */
  of: readonly [subject: string, floor: string];
  /** Steps per second of the subject, in those of the floor. */
  speedAtLeast?: number;
  /** CPU per step of the subject's server, in that of the floor's. */
  serverCpuAtMost?: number;
}

interface Comparison {
  sides: readonly Side[];
  lines: readonly Line[];
  /** The side whose slowest hundredth is compared with its own median, and how the row is named. */
  tail?: { of: string; subject: string; ratioAtMost: number };
}

const small = 200;
const large = 4096;
const manySessions = 256;
const httpSessions = 64;
const healthLanes = 16;

const openenv = (observationBytes: number): ServerRole => ({ serves: "openenv", observationBytes });

function socketComparison(observationBytes: number, sessions: number, floors: readonly ServerRole["serves"][]): Side[] {
  return ["openenv" as const, ...floors].map((serves) => ({
    name: serves,
    role: { serves, observationBytes },
    load: { drives: "sockets", sessions },
  }));
}

const stepsFloor = { speedAtLeast: 0.9, serverCpuAtMost: 1.12 };

const comparisons: readonly Comparison[] = [
  {
    sides: socketComparison(small, manySessions, ["json-echo", "raw-echo"]),
    lines: [
      { subject: "WS step 200 B, 256 sessions", floor: "JSON echo", of: ["openenv", "json-echo"], ...stepsFloor },
      { subject: "WS step 200 B, 256 sessions", floor: "raw echo", of: ["openenv", "raw-echo"], speedAtLeast: 0.65 },
    ],
    tail: { of: "openenv", subject: "WS step 200 B, 256 sessions: p99", ratioAtMost: 3 },
  },
  {
    sides: socketComparison(small, 1, ["json-echo", "raw-echo"]),
    lines: [
      { subject: "WS step 200 B, 1 session", floor: "JSON echo", of: ["openenv", "json-echo"] },
      { subject: "WS step 200 B, 1 session", floor: "raw echo", of: ["openenv", "raw-echo"], speedAtLeast: 0.65 },
    ],
  },
  {
    sides: socketComparison(large, manySessions, ["json-echo"]),
    lines: [{ subject: "WS step 4 KB, 256 sessions", floor: "JSON echo", of: ["openenv", "json-echo"], ...stepsFloor }],
  },
  {
    sides: socketComparison(large, 1, ["json-echo"]),
    lines: [{ subject: "WS step 4 KB, 1 session", floor: "JSON echo", of: ["openenv", "json-echo"] }],
  },
  {
    sides: [
      {
        name: "session",
        role: openenv(small),
        load: { drives: "http-step", sessions: httpSessions, keepsSession: true },
      },
      {
        name: "floor",
        role: { serves: "http-json", observationBytes: small },
        load: { drives: "http-step", sessions: httpSessions, keepsSession: false },
      },
      {
        name: "throw-away",
        role: openenv(small),
        load: { drives: "http-step", sessions: httpSessions, keepsSession: false },
      },
    ],
    lines: [
      { subject: "HTTP step in a session", floor: "bare node:http", of: ["session", "floor"], speedAtLeast: 0.9 },
      { subject: "HTTP step without a session", floor: "bare node:http", of: ["throw-away", "floor"] },
    ],
  },
  {
    sides: (["client", "undici"] as const).map((by) => ({
      name: by,
      role: openenv(small),
      load: { drives: "health", by, lanes: healthLanes },
    })),
    lines: [{ subject: "Client health()", floor: "undici Pool", of: ["client", "undici"], speedAtLeast: 0.9 }],
  },
  {
    sides: [
      { name: "in-process", load: { drives: "in-process", sessions: 1, observationBytes: small } },
      { name: "ws", role: openenv(small), load: { drives: "sockets", sessions: 1 } },
      { name: "client", role: openenv(small), load: { drives: "clients", sessions: 1 } },
    ],
    lines: [
      { subject: "In-process step", floor: "WS step, raw client", of: ["in-process", "ws"], speedAtLeast: 50 },
      { subject: "In-process step", floor: "WS step, our client", of: ["in-process", "client"] },
    ],
  },
];

export const speedSubjects: readonly Subject[] = comparisons.map((comparison) => ({
  names: [...comparison.lines.map(({ subject }) => subject), ...(comparison.tail ? [comparison.tail.subject] : [])],
  measure: (measuring) => measureComparison(comparison, measuring),
}));

async function measureComparison(comparison: Comparison, measuring: Measuring): Promise<Row[]> {
  const samples = await compare(comparison.sides, measuring.windows, measuring.spawning);
  const samplesOf = (side: string): Sample[] => samples.get(side) ?? [];
  const rows = comparison.lines.map((line) => toRow(line, samplesOf(line.of[0]), samplesOf(line.of[1])));
  const { tail } = comparison;
  return tail === undefined ? rows : [...rows, tailRow(tail, samplesOf(tail.of))];
}

function toRow(line: Line, subject: readonly Sample[], floor: readonly Sample[]): Row {
  const compared = (figure: (sample: Sample) => number, better: typeof Math.max): Spread =>
    compareSamples(subject.map(figure), floor.map(figure), better);
  const hasServers = [...subject, ...floor].every(({ serverCpuUs }) => serverCpuUs !== undefined);
  const ratio = compared(({ stepsPerSecond }) => stepsPerSecond, Math.max);
  const serverCpu = hasServers ? compared(({ serverCpuUs = Number.NaN }) => serverCpuUs, Math.min) : null;
  return {
    subject: line.subject,
    floor: line.floor,
    ratio,
    serverCpu,
    loadCpu: compared(({ loadCpuUs }) => loadCpuUs, Math.min),
    p50Us: median(subject.map(({ p50Us }) => p50Us)),
    p99Us: median(subject.map(({ p99Us }) => p99Us)),
    targets: [
      ...(line.speedAtLeast === undefined ? [] : [atLeast("ratio", line.speedAtLeast, ratio)]),
      ...(line.serverCpuAtMost === undefined || serverCpu === null
        ? []
        : [atMost("server CPU", line.serverCpuAtMost, serverCpu)]),
    ],
  };
}

function tailRow({ subject, ratioAtMost }: NonNullable<Comparison["tail"]>, samples: readonly Sample[]): Row {
  const tails = samples.map(({ p99Us }) => p99Us);
  const ratio = compareSamples(
    tails,
    samples.map(({ p50Us }) => p50Us),
    Math.min,
  );
  return {
    subject,
    floor: "its own p50",
    ratio: { ...ratio, best: ratio.min },
    serverCpu: null,
    loadCpu: null,
    p50Us: median(samples.map(({ p50Us }) => p50Us)),
    p99Us: median(tails),
    targets: [atMost("ratio", ratioAtMost, { median: ratio.median, best: ratio.min })],
  };
}

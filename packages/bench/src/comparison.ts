import type { Child, Spawning } from "./child.ts";
import { type Crew, type RunningServer, withCrew } from "./crew.ts";
import { type Load, type LoadRequest, type ServerRole, validators } from "./protocol.ts";

/** One of those that take turns in a comparison: a load, and the server it keeps busy. */
export interface Side {
  name: string;
  /** Sides with equal roles share one server. Undefined: the load has its own. */
  role?: ServerRole;
  load: Load;
}

/** One window of one side. */
export interface Sample {
  stepsPerSecond: number;
  /** Per step; undefined where there is no server to ask. */
  serverCpuUs: number | undefined;
  /** Per step. */
  loadCpuUs: number;
  p50Us: number;
  p99Us: number;
}

export interface Windows {
  /** How often all processes are started anew: two runs of one program differ by up to 15 %, by luck of memory layout. */
  crews: number;
  /** Windows of each side, over all crews. */
  repetitions: number;
  windowMs: number;
  warmUpMs: number;
}

interface OpenSide {
  name: string;
  server: RunningServer | undefined;
  driver: Child<LoadRequest>;
}

/** Measures sides with one crew after another. A side has one sample per repetition. */
export async function compare(
  sides: readonly Side[],
  windows: Windows,
  spawning: Spawning,
): Promise<Map<string, Sample[]>> {
  const samples = new Map<string, Sample[]>(sides.map(({ name }) => [name, []]));
  const share = { ...windows, repetitions: Math.ceil(windows.repetitions / windows.crews) };
  for (let crew = 0; crew < windows.crews; crew++) {
    for (const [name, taken] of await compareOnce(sides, share, spawning)) samples.get(name)?.push(...taken);
  }
  return samples;
}

/** Measures sides in turn, A B A B, with the order turned round in every other repetition. */
function compareOnce(
  sides: readonly Side[],
  { repetitions, windowMs, warmUpMs }: Windows,
  spawning: Spawning,
): Promise<Map<string, Sample[]>> {
  return withCrew(spawning, async (crew) => {
    await Promise.all(sides.map(({ role }) => role && crew.server(role)));
    const opened: OpenSide[] = [];
    for (const side of sides) {
      const open = await openSide(crew, side);
      await sample(open, warmUpMs);
      opened.push(open);
    }
    const samples = new Map<string, Sample[]>();
    for (let repetition = 0; repetition < repetitions; repetition++) {
      for (const side of repetition % 2 === 0 ? opened : opened.toReversed()) {
        samples.set(side.name, [...(samples.get(side.name) ?? []), await sample(side, windowMs)]);
      }
    }
    return samples;
  });
}

async function openSide(crew: Crew, { name, role, load }: Side): Promise<OpenSide> {
  const server = role && (await crew.server(role));
  // Equal loads share a process: the same compiled code drives a subject and its floor.
  const driver = crew.load(load.drives === "health" ? `health by ${load.by}` : load.drives);
  await driver.ask({ ask: "open", side: name, url: server?.url ?? "", load }, validators.nothing);
  return { name, server, driver };
}

async function sample({ name, server, driver }: OpenSide, durationMs: number): Promise<Sample> {
  const before = await server?.usage();
  const window = await driver.ask({ ask: "measure", side: name, durationMs }, validators.measurement);
  const after = await server?.usage();
  return {
    stepsPerSecond: (window.steps / window.wallMs) * 1000,
    serverCpuUs: before && after && (after.cpuUs - before.cpuUs) / window.steps,
    loadCpuUs: window.loadCpuUs / window.steps,
    p50Us: window.p50Us,
    p99Us: window.p99Us,
  };
}

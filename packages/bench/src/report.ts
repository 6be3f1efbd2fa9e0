import type { Row, Target } from "./row.ts";

/** The result of a run, as `--json` writes it. */
export interface Report {
  startedAt: string;
  node: string;
  /** The core that server and load shared; null: not pinned, as in a quick run. */
  core: number | null;
  /** A quick run decides nothing. */
  quick: boolean;
  repetitions: number;
  rows: Row[];
}

const headings = [
  "subject",
  "floor",
  "ratio median (min-max)",
  "best",
  "server CPU",
  "load CPU",
  "p50",
  "p99",
  "target",
  "met",
];

export function table({ rows, quick }: Report): string {
  const lines = [headings, ...rows.map((row) => cells(row, quick))];
  const widths = headings.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const [heading = "", ...body] = lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return [heading, widths.map((width) => "-".repeat(width)).join("  "), ...body].join("\n");
}

/** Where and how the figures were taken. */
export function conditions({ node, core, quick, repetitions }: Report): string {
  const placement = core === null ? "not pinned to a core" : `server and load on core ${core}`;
  const weight = quick ? "; a quick run decides nothing" : "";
  return `Node ${node}, ${repetitions} repetitions, ${placement}${weight}`;
}

function cells({ subject, floor, ratio, serverCpu, loadCpu, p50Us, p99Us, targets }: Row, quick: boolean): string[] {
  return [
    subject,
    floor,
    `${figure(ratio.median)} (${figure(ratio.min)}-${figure(ratio.max)})`,
    figure(ratio.best),
    serverCpu === null ? "" : figure(serverCpu.median),
    loadCpu === null ? "" : figure(loadCpu.median),
    p50Us === null ? "" : microseconds(p50Us),
    p99Us === null ? "" : microseconds(p99Us),
    targets.length === 0 ? "reported only" : targets.map(describe).join(", "),
    targets.length === 0 || quick ? "" : targets.every(({ met }) => met) ? "yes" : "NO",
  ];
}

function describe({ of, is, limit, reached }: Target): string {
  return `${of} ${is === "at least" ? ">=" : "<="} ${limit}: ${figure(reached)}`;
}

/** Three digits. */
export function figure(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

function microseconds(us: number): string {
  return us >= 1000 ? `${figure(us / 1000)} ms` : `${figure(us)} us`;
}

import { expect, test } from "vitest";
import type { Report } from "../src/report.ts";
import { subjectNames } from "../src/run.ts";
import { startBench } from "./bench.ts";

test("a quick run measures every subject and writes well-formed JSON", { timeout: 240_000 }, async () => {
  const { code, stdout, stderr } = await startBench(["--quick", "--json"]).ended;
  expect(code, stderr).toBe(0);
  const report: Report = JSON.parse(stdout);
  expect(report).toMatchObject({ quick: true, repetitions: 2, node: process.version });
  const measured = report.rows.map(({ subject }) => subject);
  expect(subjectNames.filter((name) => !measured.includes(name))).toEqual([]);
  const figuresOf = ({ ratio, targets }: Report["rows"][number]): number[] => [
    ratio.median,
    ratio.min,
    ratio.max,
    ratio.best,
    ...targets.map(({ reached }) => reached),
  ];
  // The memory of few sessions drowns in what else the process does, and may even shrink.
  const speed = report.rows.filter(({ subject }) => !/^(Memory|RSS)/.test(subject));
  expect(speed.filter((row) => !figuresOf(row).every((figure) => Number.isFinite(figure) && figure > 0))).toEqual([]);
});

test("an unknown subject is refused with its name", async () => {
  const { code, stderr } = await startBench(["--only", "teleport"]).ended;
  expect({ code, stderr: stderr.trim() }).toEqual({
    code: 2,
    stderr: 'bench: no subject\'s name contains "teleport"; see --help',
  });
});

test("--help lists the subjects", async () => {
  const { code, stdout } = await startBench(["--help"]).ended;
  expect(code).toBe(0);
  for (const name of subjectNames) expect(stdout).toContain(name);
});

import { expect, test } from "vitest";
import { parseArguments } from "../src/arguments.ts";
import { openLatencies } from "../src/closed-loop.ts";
import { atLeast, atMost, missed, type Row } from "../src/row.ts";
import { compareSamples, median } from "../src/statistics.ts";

test.each([
  [[3, 1, 2], 2],
  [[4, 1, 3, 2], 2.5],
])("the median of %j is %d", (values, expected) => {
  expect(median(values)).toBe(expected);
});

test("samples are compared repetition by repetition, and best with best", () => {
  expect(compareSamples([8, 10, 6], [10, 20, 6], Math.max)).toEqual({ median: 0.8, min: 0.5, max: 1, best: 0.5 });
});

test.each([
  [atLeast("ratio", 0.9, { median: 0.95, best: 0.8 }), true],
  [atLeast("ratio", 0.9, { median: 0.8, best: 0.9 }), true],
  [atLeast("ratio", 0.9, { median: 0.89, best: 0.89 }), false],
  [atMost("CPU", 1.12, { median: 1.3, best: 1.1 }), true],
  [atMost("CPU", 1.12, { median: 1.13, best: 1.2 }), false],
])("the nearer of median and best decides: %o", ({ met }, expected) => {
  expect(met).toBe(expected);
});

test("a row without targets is never missed", () => {
  const ratio = compareSamples([1], [100], Math.max);
  const row: Row = {
    subject: "s",
    floor: "f",
    ratio,
    serverCpu: null,
    loadCpu: null,
    p50Us: null,
    p99Us: null,
    targets: [],
  };
  const failing: Row = { ...row, targets: [atLeast("ratio", 0.9, ratio)] };
  expect(missed([row, failing])).toEqual([failing]);
});

test("quantiles are taken over every round trip", () => {
  const latencies = openLatencies();
  for (let ms = 100_000; ms > 0; ms--) latencies.add(ms);
  expect([latencies.count, latencies.quantile(0.5), latencies.quantile(0.99)]).toEqual([100_000, 50_001, 99_001]);
});

test.each([
  [["--repetitions", "4"], "--repetitions must be a whole number of at least 5"],
  [["--only", "teleport"], 'no subject\'s name contains "teleport"'],
  [["out.json"], 'unexpected argument "out.json"'],
  [["--fast"], "Unknown option '--fast'"],
])("%j is refused", (args, message) => {
  expect(() => parseArguments(args, ["WS step"])).toThrow(message);
});

test.each([
  [["--json"], { file: undefined }],
  [["--json", "out.json"], { file: "out.json" }],
  [[], undefined],
])("%j says where JSON goes", (args, json) => {
  expect(parseArguments(args, ["WS step"]).json).toEqual(json);
});

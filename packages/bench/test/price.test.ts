import { expect, test } from "vitest";
import { carriers } from "../src/price/carriers.ts";
import { chart } from "../src/price/chart.ts";
import { documentOf } from "../src/price/document.ts";
import type { PriceReport } from "../src/price/price.ts";
import { startBench } from "./bench.ts";

test("a quick run prices every way that the machine offers, and names the others", { timeout: 120_000 }, async () => {
  const { code, stdout, stderr } = await startBench(["--all", "--quick", "--json"]).ended;
  expect(code, stderr).toBe(0);
  const report: PriceReport = JSON.parse(stdout);
  const priced = report.prices.filter(({ sessions }) => sessions === 1).map(({ carrier }) => carrier);
  const missing = report.missing.map(({ carrier }) => carrier);
  expect([...priced, ...missing].toSorted()).toEqual(carriers.map(({ name }) => name).toSorted());
  expect(priced).toEqual(
    expect.arrayContaining(["in process", "Unix socket", "WebSocket, loopback", "HTTP, loopback"]),
  );
  expect(report.prices.filter(({ p50Us, stepsPerSecond }) => !(p50Us > 0 && stepsPerSecond > 0))).toEqual([]);
  expect(report.missing.filter(({ reason }) => reason === "")).toEqual([]);

  const document = documentOf(report);
  for (const name of priced) expect(document).toContain(`| ${name} |`);
  expect(document).not.toMatch(/NaN|undefined|Infinity/);
  expect(chart(report.prices)).not.toMatch(/NaN|undefined|Infinity/);
});

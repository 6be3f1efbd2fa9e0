import { existsSync, readFileSync } from "node:fs";
import { expect, test, vi } from "vitest";
import { describeWith } from "../../../../test/required.ts";
import table from "../../interop/fixtures.json" with { type: "json" };
import { profiles } from "../../src/check.ts";
import { parseBaseline, parseScript, type RunOptions, runServerChecks } from "../../src/index.ts";
import { type Fixture, startPythonServer } from "./python-server.ts";

vi.setConfig({ testTimeout: 240_000 }); // several servers at once, on a busy machine

/** What is judged of a fixture that is about one thing, and how. Default: everything. */
interface Judged {
  profiles?: readonly string[];
  only?: readonly string[];
  slow?: boolean;
}

const folder = new URL("../../", import.meta.url);
const baselineOf = (version: string, fixture: string): URL =>
  new URL(`baselines/python-${version}/${fixture}.yaml`, folder);

const fixtures: readonly Fixture[] = [
  "counter-idle", // the first, for it waits the longest
  "counter",
  "counter-alone",
  "counter-production",
  "tools",
  "tools-alone",
  "tools-production",
  "out-of-order",
];
const servers = table.versions
  .flatMap((version) => fixtures.map((fixture) => ({ version, fixture })))
  .filter(({ version, fixture }) => existsSync(baselineOf(version, fixture)));

/** How the server of a fixture is judged. */
function runOf(fixture: Fixture): Pick<RunOptions, "script" | "profiles" | "only" | "slow"> {
  const { actions, judged = {} }: { actions: string; judged?: Judged } = table.fixtures[fixture];
  const { profiles: demanded, ...others } = judged;
  return {
    script: parseScript(readFileSync(new URL(`interop/${actions}`, folder), "utf8")),
    ...others,
    ...(demanded === undefined ? {} : { profiles: profiles.filter((profile) => demanded.includes(profile)) }),
  };
}

describeWith(["openenv-python"], "the servers of Python fail what their baselines say, and nothing else", () => {
  test.concurrent.each(servers)("$fixture, openenv $version", async ({ version, fixture }) => {
    await using server = await startPythonServer(fixture, version);
    const report = await runServerChecks({
      url: server.url,
      ...runOf(fixture),
      baseline: parseBaseline(readFileSync(baselineOf(version, fixture), "utf8")),
    });
    const wrong = report.findings.filter(({ status, known }) => /fail|warn/.test(status) && known !== true);
    expect(wrong.map(({ id, message }) => `${id}: ${message}`)).toEqual([]);
    expect(report.stale_baseline).toEqual([]);
    // A server that fails everywhere does not show which profiles it offers: they are demanded, and that it lacks them is known.
    expect(report.complaints.filter((complaint) => !complaint.includes("was demanded"))).toEqual([]);
    expect(report.summary.fail).toBe(0);
  });

  test("every fixture has a baseline for the newest version", () => {
    expect([...fixtures].sort()).toEqual(Object.keys(table.fixtures).sort());
    const [newest = ""] = table.versions;
    expect(fixtures.filter((fixture) => !existsSync(baselineOf(newest, fixture)))).toEqual([]);
  });
});

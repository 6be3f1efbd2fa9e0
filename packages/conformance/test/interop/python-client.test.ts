import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test, vi } from "vitest";
import { describeWith } from "../../../../test/required.ts";
import table from "../../interop/fixtures.json" with { type: "json" };
import { parseBaseline, runClientChecks } from "../../src/index.ts";

vi.setConfig({ testTimeout: 300_000 }); // Python takes its time to start, and starts again for each failure

const root = new URL("../../../../", import.meta.url);
const pathOf = (path: string): string => fileURLToPath(new URL(path, root));

describeWith(["openenv-python"], "the Python client behind the line protocol", () => {
  test.each(table.versions)("%s fails what its baseline says, and nothing else", async (version) => {
    const baseline = `packages/conformance/baselines/python-client-${version}.yaml`;
    const report = await runClientChecks({
      command: [
        pathOf(`.cache/python/${version}/bin/python`),
        pathOf("packages/conformance/examples/python_client.py"),
      ],
      baseline: parseBaseline(readFileSync(pathOf(baseline), "utf8")),
    });
    const unexpected = report.findings.filter(({ status, known }) => /fail|warn/.test(status) && known !== true);
    expect(unexpected).toEqual([]);
    expect(report.stale_baseline).toEqual([]);
  });
});

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clientChecks, type Finding, runClientChecks } from "../src/index.ts";
import { clientProofs, type Flavour, flavours } from "./breakages/client.ts";

const pathOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const hand = (flavour: Flavour, defect = ""): string[] => [
  process.execPath,
  pathOf("peers/hand-client.ts"),
  flavour,
  defect,
];
// Programs that are started fifty times need not be compiled fifty times.
const compiled = mkdtempSync(join(tmpdir(), "openenv-compiled-"));
process.env.NODE_COMPILE_CACHE = compiled;
afterAll(() => rmSync(compiled, { recursive: true }));

const entries = Object.entries(clientProofs);

test("there is a proof for every check of a client", () => {
  const ids = clientChecks({ command: "true" }).map(({ id }) => id);
  expect(entries.map(([id]) => id).sort()).toEqual(ids.toSorted());
});

describe("a client of another hand", () => {
  const findings = new Map<string, Finding>();
  beforeAll(async () => {
    for (const flavour of flavours) {
      const only = entries.filter(([, shown]) => shown === flavour).map(([id]) => id);
      const report = await runClientChecks({ command: hand(flavour), only });
      for (const finding of report.findings) findings.set(finding.id, finding);
    }
  });

  test.each(entries)("passes %s", (id) => {
    expect(findings.get(id)).toMatchObject({ id, status: "pass" });
  });

  test.concurrent.each(entries)("is caught when it breaks %s", async (id, flavour) => {
    const checks = clientChecks({ command: hand(flavour, id), deadlineMs: 1500 });
    const check = checks.find((each) => each.id === id);
    expect(await check?.run()).toMatchObject({
      id,
      status: check?.level.startsWith("MUST") === true ? "fail" : "warn",
    });
  });
});

test("@openenv/client passes every check that applies to it", async () => {
  const driver = pathOf("../examples/typescript-client.ts");
  const report = await runClientChecks({
    command: [process.execPath, "--conditions=source", driver],
  });
  const notPassed = report.findings.filter(({ status, known }) => status !== "pass" && known !== true);
  expect(notPassed.map(({ id, status }) => `${id}: ${status}`)).toEqual([
    "session.attach-look: not-applicable",
    "rpc.closing-attached: not-applicable",
    "http.step-once: not-applicable",
    "rpc.ws-order: not-applicable",
  ]);
  expect(report).toMatchObject({ kind: "client", passed: true, stale_baseline: [] });
});

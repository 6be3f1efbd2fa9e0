// Runs the suite on mutants of the reference implementation, one JSON line for each; `PART/PARTS` on the command line chooses some.
// A process of its own per part: Node runs the mutated sources as they are, and two cores are used.

import { runServerChecks, serverChecks } from "../../src/index.ts";
import { rightPeers } from "../peers/right.ts";
import { type Mutant, mutants } from "./mutants.ts";
import { mutate } from "./mutate.ts";

/** What came of one mutant. */
export interface MutantVerdict {
  rule: string;
  file: string;
  /** Whether the check that names the rule found it. */
  caught: boolean;
  /** What that check said. */
  message: string;
  /** How many checks failed or warned in all. */
  findings: number;
}

/** Two seconds: a mutant that does not answer must not hold up the others. */
const deadlineMs = 2000;

async function judgeMutant(mutant: Mutant): Promise<MutantVerdict> {
  const { rule, file, peer: name = "workbench" } = mutant;
  using copy = mutate(mutant);
  const { serve } = await import(copy.node);
  await using peer = await rightPeers[name](serve);
  const { url, script, control } = peer;
  const check = serverChecks({ url }).find(({ id }) => id === rule);
  if (check === undefined) return { rule, file, caught: false, message: "no check has this id", findings: 0 };
  const report = await runServerChecks({ url, script, control, deadlineMs, profiles: [check.profile] });
  const finding = report.findings.find(({ id }) => id === rule);
  const bad = report.findings.filter(({ status }) => status === "fail" || status === "warn");
  const caught = finding !== undefined && bad.includes(finding);
  return { rule, file, caught, message: finding?.message ?? finding?.status ?? "", findings: bad.length };
}

const [part = 0, parts = 1] = (process.argv[2] ?? "0/1").split("/").map(Number);
const only = process.argv[3];
for (const [index, mutant] of mutants.entries()) {
  if (index % parts !== part || (only !== undefined && mutant.rule !== only)) continue;
  process.stdout.write(`${JSON.stringify(await judgeMutant(mutant))}\n`);
}

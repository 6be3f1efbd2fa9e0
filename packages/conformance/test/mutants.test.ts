import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import type { MutantVerdict } from "./mutants/judge-mutants.ts";
import { mutants } from "./mutants/mutants.ts";

const script = fileURLToPath(new URL("mutants/judge-mutants.ts", import.meta.url));
const parts = 3;
const verdicts = new Map<string, MutantVerdict>();

/** One process for each part of the list: Node runs the mutated sources as they are. */
async function judge(part: number): Promise<MutantVerdict[]> {
  const child = spawn(process.execPath, ["--conditions=source", script, `${part}/${parts}`], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const output = await text(child.stdout);
  return output
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

describe("a mutant of the reference implementation", () => {
  beforeAll(async () => {
    const judged = await Promise.all(Array.from({ length: parts }, (_, part) => judge(part)));
    for (const verdict of judged.flat()) verdicts.set(verdict.rule, verdict);
    const rows = [...verdicts.values()].map(
      ({ rule, caught, findings, message }) =>
        `${caught ? "caught" : "MISSED"}  ${rule.padEnd(30)} ${String(findings).padStart(3)}  ${message.slice(0, 90)}\n`,
    );
    process.stdout.write(`\nverdict ${"rule".padEnd(31)} findings\n${rows.join("")}`);
  }, 300_000);

  test("is there for each of sixty rules or more", () => {
    expect(new Set(mutants.map(({ rule }) => rule)).size).toBe(mutants.length);
    expect(mutants.length).toBeGreaterThanOrEqual(60);
  });

  test.each(mutants.map(({ rule, file }) => [rule, file] as const))(
    "that breaks %s in %s is caught by the check of that name",
    (rule) => {
      expect(verdicts.get(rule)).toMatchObject({ caught: true });
    },
  );
});

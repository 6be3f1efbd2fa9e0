import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Component, describeWith } from "../../../test/required.ts";
import type { Shared } from "../src/session.ts";
import { loadTasks } from "../src/task.ts";
import { attacks } from "./attacks.ts";
import { forgeries } from "./forgeries.ts";
import { fixtureTasks, openSession, startShared } from "./session.ts";

const tiers: ReadonlyArray<[string, readonly Component[]]> = [
  ["none", []],
  ["bubblewrap", ["bubblewrap"]],
];
const languages = ["python", "javascript"] as const;
const guess = loadTasks(fixtureTasks).get("guess");

for (const [tier, components] of tiers) {
  for (const language of languages) {
    const needed = language === "python" ? [...components, "python3" as const] : components;
    describeWith(needed, `the verdict on ${language}, sandbox ${tier}`, () => {
      let shared: Shared;
      beforeAll(async () => {
        ({ shared } = await startShared(tier, { testTimeoutMs: 10_000 }));
      });
      afterAll(() => shared.sandbox.close());

      /** Tests that are code need the interpreter of their language. */
      const runnable = () =>
        guess?.tests.filter((each) => !("code" in each) || shared.runtimes[each.language] !== undefined).length ?? 0;

      async function score(code: string, testTimeoutMs = shared.testTimeoutMs) {
        const session = await openSession({ ...shared, testTimeoutMs }, { language });
        try {
          return await session.step(code, { submit: true });
        } finally {
          await session.close();
        }
      }

      test("an honest solution passes every test", async () => {
        const { observation, reward, done } = await score(guess?.solutions[language] ?? "");
        expect({ tests: observation.tests, reward, done }).toEqual({
          tests: { passed: runnable(), total: runnable() },
          reward: 1,
          done: true,
        });
      });

      test.each(
        [
          ["python", "def guess(n):\n    return 928374"],
          ["javascript", "function guess(n) { return 928374 }"],
        ].filter(([name]) => name === language),
      )("a solution in %s that is right once earns its share", async (_name, code) => {
        expect(await score(code)).toMatchObject({
          reward: 1 / runnable(),
          observation: { tests: { passed: 1, total: runnable() } },
        });
      });

      const apt = forgeries.filter(({ needsIsolation }) => tier !== "none" || needsIsolation !== true);
      const written = apt.flatMap((forgery) =>
        forgery[language] === undefined ? [] : [[forgery.name, forgery[language]]],
      );
      test.concurrent.each(written)("%s earns nothing", async (_name, code) => {
        const { observation, reward, done } = await score(code, 1_000);
        expect({ passed: observation.tests?.passed, reward, done }).toEqual({ passed: 0, reward: 0, done: true });
      });

      // At once, because most of an attack is waiting for its time to run out.
      test.concurrent.each(tier === "bubblewrap" ? attacks[language] : [])(
        "%s earns nothing and harms nobody",
        async (_name, code) => {
          const [attacked, other] = await Promise.all([score(code, 1_000), score(guess?.solutions[language] ?? "")]);
          expect([attacked.reward, other.reward]).toEqual([0, 1]);
        },
        120_000,
      );
    });
  }
}

test("nothing a runner is made of holds an expected value", () => {
  const sources = ["interpreter.py", "interpreter.mjs", "channel.py", "channel.mjs", "values.py", "values.mjs"];
  const texts = sources.map((name) => readFileSync(new URL(`../runner/${name}`, import.meta.url), "utf8"));
  expect(texts.filter((text) => /expected(?! value)/.test(text))).toEqual([]);
});

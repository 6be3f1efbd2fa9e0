import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { checkedIds } from "../src/index.ts";

const folder = fileURLToPath(new URL(".", import.meta.url));
const breakages = globSync(`${folder}breakages/*.ts`)
  .map((file) => readFileSync(file, "utf8"))
  .join("\n");

test.each(checkedIds)("the check of %s has a broken peer that it catches", (id) => {
  expect(breakages).toContain(`"${id}": `);
});

test("every file of proofs is run by a test", () => {
  const run = globSync(`${folder}catches-*.test.ts`)
    .map((file) => readFileSync(file, "utf8"))
    .join("\n");
  const proved = globSync(`${folder}breakages/*.ts`).flatMap((file) =>
    [...readFileSync(file, "utf8").matchAll(/export const (\w+Proofs)\b/g)].map(([, name = ""]) => name),
  );
  expect(proved.filter((name) => !run.includes(name))).toEqual([]);
});

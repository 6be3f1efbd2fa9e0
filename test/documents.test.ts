import { spawnSync } from "node:child_process";
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { brokenLinks, listDocuments, readSnippets } from "../scripts/documents.ts";

const documents = listDocuments();
const snippets = documents.flatMap(readSnippets);

/** Snippets are written beside their document, where its package's dependencies are found. */
const fileOf = ({ document, line }: { document: string; line: number }): string =>
  join(
    existsSync(join(dirname(document), "package.json")) && dirname(document) !== "." ? dirname(document) : "envs/echo",
    ".snippets",
    `${document.replaceAll("/", "-")}-${line}.ts`,
  );

const folders = new Set(snippets.map((snippet) => dirname(fileOf(snippet))));
const clean = (): void => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
};

beforeAll(() => {
  clean();
  for (const folder of folders) mkdirSync(folder, { recursive: true });
  for (const snippet of snippets) writeFileSync(fileOf(snippet), `${snippet.code}\nexport {};\n`);
});
afterAll(clean);

test.each(documents)("every link in %s leads somewhere", (document) => {
  expect(brokenLinks(document)).toEqual([]);
});

test("every package says in its README what it is, how to install it, and what it throws", () => {
  const readmes = documents.filter((document) => /^(packages|envs)\/[^/]+\/README\.md$/.test(document));
  expect(readmes).toHaveLength(globSync("{packages,envs}/*/package.json").length);
  for (const readme of readmes.filter((each) => !each.includes("bench"))) {
    expect(readFileSync(readme, "utf8")).toMatch(/npm install[\s\S]*```ts[\s\S]*(throws|Errors)/i);
  }
});

test("every TypeScript snippet in the documents compiles", () => {
  expect(snippets.length).toBeGreaterThan(5);
  const config = join(dirname(fileOf({ document: "README.md", line: 0 })), "tsconfig.json");
  mkdirSync(dirname(config), { recursive: true });
  const base = JSON.parse(readFileSync("envs/echo/tsconfig.test.json", "utf8"));
  writeFileSync(
    config,
    JSON.stringify({
      ...base,
      extends: "../../../tsconfig.base.json",
      include: [],
      files: snippets.map((snippet) => join("../../..", fileOf(snippet))),
    }),
  );
  const { stdout, status } = spawnSync("node_modules/.bin/tsc", ["-p", config], { encoding: "utf8" });
  expect(stdout).toBe("");
  expect(status).toBe(0);
}, 60_000);

test.each(snippets.filter(({ document }) => /^(packages|envs)\//.test(document)))(
  "the example at $document:$line runs to its end and prints something",
  (snippet) => {
    const run = spawnSync(process.execPath, ["--conditions=source", fileOf(snippet)], {
      encoding: "utf8",
      timeout: 60_000,
    });
    expect(run).toMatchObject({ status: 0, signal: null });
    expect(run.stdout).not.toBe("");
  },
  60_000,
);

import { execFileSync } from "node:child_process";
import { globSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readSnippets } from "../scripts/documents.ts";

interface Manifest {
  name: string;
  private?: boolean;
  dependencies?: Record<string, string>;
}

const packages = globSync("{packages,envs}/*/package.json")
  .map((file): { folder: string; manifest: Manifest } => ({
    folder: dirname(file),
    manifest: JSON.parse(readFileSync(file, "utf8")),
  }))
  .filter(({ manifest }) => manifest.private !== true);

const outside = mkdtempSync(join(tmpdir(), "openenv-packed-"));
afterAll(() => rmSync(outside, { recursive: true, force: true }));

/** Every package from its tarball, its `@openenv` dependencies too, into one empty folder outside the workspace. */
beforeAll(() => {
  for (const { folder } of packages) {
    execFileSync("pnpm", ["pack", "--pack-destination", outside], { cwd: folder, stdio: "pipe" });
  }
  const tarballs = readdirSync(outside).filter((file) => file.endsWith(".tgz"));
  writeFileSync(join(outside, "package.json"), JSON.stringify({ private: true, type: "module" }));
  execFileSync(
    "npm",
    ["install", "--no-audit", "--no-fund", "--ignore-scripts", ...tarballs.map((file) => `./${file}`)],
    { cwd: outside, stdio: "pipe" },
  );
}, 240_000);

test.each(packages)(
  "$manifest.name is installed from its tarball, and its README's example runs there",
  ({ folder }) => {
    const [snippet] = readSnippets(join(folder, "README.md"));
    const file = join(outside, `${folder.replaceAll("/", "-")}.ts`);
    writeFileSync(file, snippet?.code ?? "throw new Error('no example');");
    const printed = execFileSync(process.execPath, [file], { cwd: outside, encoding: "utf8", timeout: 60_000 });
    expect(printed).not.toBe("");
  },
  90_000,
);

test("deleting envs/ leaves the packages' sources compiling: none of them names an environment's package", () => {
  for (const { folder, manifest } of packages.filter(({ folder }) => folder.startsWith("packages/"))) {
    expect(Object.keys(manifest.dependencies ?? {}).filter((name) => name.startsWith("@openenv/env-"))).toEqual([]);
    const sources = globSync(resolve(folder, "src/**/*.ts")).map((file) => readFileSync(file, "utf8"));
    expect(sources.filter((text) => /from "@openenv\/env-/.test(text))).toEqual([]);
  }
});

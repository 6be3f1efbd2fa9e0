// The import rules between packages. They bind src/; tests may import anything.

import { globSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, relative } from "node:path";

/** What a folder's sources may import: packages by name (`@openenv/*` for all of ours), and `node:` for Node's modules. */
interface Rule {
  files: string;
  may: readonly string[];
}

const rules: readonly Rule[] = [
  { files: "packages/schema/src/**", may: ["typebox"] },
  { files: "packages/client/src/*.node.ts", may: ["@openenv/schema", "typebox", "ws", "undici", "node:"] },
  { files: "packages/client/src/**", may: ["@openenv/schema", "typebox", "#transport", "#http"] },
  { files: "packages/server/src/node.ts", may: ["@openenv/schema", "typebox", "ws", "node:"] },
  { files: "packages/server/src/**", may: ["@openenv/schema", "typebox"] },
  { files: "packages/sandbox/src/**", may: ["node:"] },
  // The judge imports nothing of what it judges: a wrong schema must not excuse itself.
  {
    files: "packages/conformance/src/**",
    may: [
      "node:",
      "@balena/dockerignore",
      "ajv",
      "commander",
      "json-schema-faker",
      "tar-stream",
      "testcontainers",
      "yaml",
    ],
  },
  { files: "packages/cli/src/**", may: ["@openenv/*", "node:", "commander"] },
  { files: "packages/bench/src/**", may: ["@openenv/*", "node:", "typebox", "ws", "undici", "testcontainers"] },
  { files: "envs/*/src/**", may: ["@openenv/server", "@openenv/sandbox", "typebox", "node:"] },
];

const importPattern = /(?:\bfrom\s+|\bimport\s*\(\s*|\bimport\s+)(["'])([^"']+)\1/g;

const broken: string[] = [];
const seen = new Set<string>();
for (const { files, may } of rules) {
  for (const file of globSync(files.endsWith("**") ? `${files}/*.ts` : files)) {
    if (seen.has(file)) continue;
    seen.add(file);
    const text = readFileSync(file, "utf8");
    for (const [, , specifier = ""] of text.matchAll(importPattern)) {
      if (!allowed(specifier, may, file)) broken.push(`${file}: may not import ${specifier} (may: ${may.join(", ")})`);
    }
  }
}
for (const file of globSync("{packages,envs}/*/src/**/*.ts")) {
  if (!seen.has(file)) broken.push(`${file}: no import rule covers it; add one to scripts/check-imports.ts`);
}

function allowed(specifier: string, may: readonly string[], file: string): boolean {
  if (specifier.startsWith(".")) return !relative(packageOf(file), join(dirname(file), specifier)).startsWith("..");
  if (specifier.startsWith("#")) return may.includes(specifier);
  if (specifier.startsWith("node:")) return may.includes("node:");
  if (builtinModules.includes(specifier)) return false;
  const [scope = "", name = ""] = specifier.split("/", 2);
  const packageName = specifier.startsWith("@") ? `${scope}/${name}` : scope;
  return may.includes(packageName) || (scope === "@openenv" && may.includes("@openenv/*"));
}

function packageOf(file: string): string {
  return file.split(/[\\/]/).slice(0, 2).join("/");
}

for (const line of broken) console.error(line);
console.log(`imports: ${seen.size} files, ${broken.length} broken rules`);
process.exitCode = broken.length === 0 ? 0 : 1;

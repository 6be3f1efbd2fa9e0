// Writes the generated half of spec/: one JSON Schema per type, the OpenAPI and the AsyncAPI document, and a vector per story.
// With --check it writes nothing and fails, naming each file that is stale, missing or too many.
// The last argument, if it is a folder, takes the place of spec/.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as schema from "../src/index.ts";
import { asyncApiDocument } from "./asyncapi.ts";
import { readStories } from "./stories.ts";
import { Vector } from "./vector.ts";

const source = fileURLToPath(new URL("../../../spec", import.meta.url));
const [folder = source] = process.argv.slice(2).filter((each) => each !== "--check");
const check = process.argv.includes("--check");

function publishable(value: unknown): boolean {
  return schema.isJsonObject(value) && "~kind" in value;
}

const files = new Map<string, string>();
for (const [name, value] of Object.entries({ ...schema, Vector })) {
  if (!/^[A-Z]/.test(name) || !publishable(value)) continue;
  const document = { $schema: "https://json-schema.org/draft/2020-12/schema", title: name, ...Object(value) };
  files.set(join("schema", `${name}.json`), `${JSON.stringify(document, null, 2)}\n`);
}
const openApi = schema.openApiDocument({ title: "OpenEnv environment", production: false });
files.set("openapi.json", `${JSON.stringify(openApi, null, 2)}\n`);
files.set("asyncapi.json", `${JSON.stringify(asyncApiDocument(), null, 2)}\n`);
for (const { name, vector } of readStories(readFileSync(join(source, "stories.md"), "utf8"))) {
  files.set(join("vectors", name), `${JSON.stringify(vector, null, 2)}\n`);
}

const generatedFolders = ["schema", "vectors"];
const stale: string[] = [];
for (const each of generatedFolders) if (!check) mkdirSync(join(folder, each), { recursive: true });
for (const [file, text] of files) {
  const path = join(folder, file);
  if (existsSync(path) && readFileSync(path, "utf8") === text) continue;
  stale.push(file);
  if (!check) writeFileSync(path, text);
}
for (const each of generatedFolders) {
  for (const name of existsSync(join(folder, each)) ? readdirSync(join(folder, each)) : []) {
    const file = join(each, name);
    if (files.has(file)) continue;
    stale.push(file);
    if (!check) rmSync(join(folder, file));
  }
}

if (check && stale.length > 0) {
  console.error(`stale in spec/: ${stale.join(", ")}\nrun: pnpm spec`);
  process.exitCode = 1;
} else if (!check) {
  console.log(`spec/: ${files.size} files, ${stale.length} changed`);
}

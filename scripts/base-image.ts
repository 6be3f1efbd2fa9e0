// Makes the images that this repository's images can begin with where Docker Hub is out of reach:
//   pnpm base-image              openenv-base:bookworm, Debian with apt and Node; needs root and debootstrap
//   pnpm base-image --minimal    openenv-base:minimal, Node and its shared libraries alone
// One that is there and was made of the same things is left alone, unless --force.

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { chmodSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { connectEngine, type Engine, hasImage, toldBy } from "../packages/conformance/src/container-engine.ts";
import { debianSources, makeDebianRoot } from "./images/debian-root.ts";
import { makeMinimalRoot } from "./images/minimal-root.ts";
import type { RootFolder } from "./images/root-folder.ts";

const inputsLabel = "org.openenv.base.inputs";

process.exitCode = await main();

async function main(): Promise<number> {
  try {
    const { values } = parseArgs({ options: { minimal: { type: "boolean" }, force: { type: "boolean" } } });
    await makeBase(values.minimal ?? false, values.force ?? false);
    return 0;
  } catch (error) {
    console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
}

async function makeBase(minimal: boolean, force: boolean): Promise<void> {
  const started = performance.now();
  const image = minimal ? "openenv-base:minimal" : "openenv-base:bookworm";
  const engine = await connectEngine();
  const sources = minimal ? [] : debianSources();
  const inputs = digestOfInputs(JSON.stringify({ node: process.version, arch: process.arch, sources }));
  if (!force && (await madeOf(engine, image)) === inputs) {
    console.log(`${image} is there, made of the same things (--force makes it again)`);
    return;
  }
  console.log(`making ${image} with Node ${process.version}`);
  const folder = mkdtempSync(join(tmpdir(), "openenv-base-"));
  chmodSync(folder, 0o755); // it becomes the image's root folder
  try {
    const root = minimal ? makeMinimalRoot(folder) : await makeDebianRoot(folder, sources);
    console.log("  importing it into the engine");
    await importRoot(engine, image, root, inputs);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const { Size } = await engine.container.dockerode.getImage(image).inspect();
  console.log(`${image}: ${Math.round(Size / 2 ** 20)} MiB, in ${Math.round((performance.now() - started) / 1000)} s`);
}

/** A digest of what decides the image, the scripts that make it among them. */
function digestOfInputs(facts: string): string {
  const hash = createHash("sha256").update(facts);
  const scripts = ["scripts/base-image.ts", ...globSync("scripts/images/*-root.ts"), "scripts/images/root-folder.ts"];
  for (const file of scripts.sort()) hash.update(readFileSync(file));
  return hash.digest("hex");
}

async function madeOf(engine: Engine, image: string): Promise<string | undefined> {
  if (!(await hasImage(engine, image))) return undefined;
  const { Config } = await engine.container.dockerode.getImage(image).inspect();
  return Config.Labels?.[inputsLabel];
}

async function importRoot(engine: Engine, image: string, { folder, path }: RootFolder, inputs: string): Promise<void> {
  const [repo, tag] = image.split(":");
  const changes = [`ENV PATH=${path}`, 'CMD ["node"]', `LABEL ${inputsLabel}=${inputs}`];
  const tar = spawn("tar", ["--create", "--numeric-owner", "--one-file-system", "--directory", folder, "."], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const closed = once(tar, "close");
  const output = await engine.container.dockerode.importImage(tar.stdout, { repo, tag, changes });
  let told = "";
  for await (const chunk of output) told += String(chunk);
  const [code] = await closed;
  if (/"error"/.test(told) || code !== 0) throw new Error(`the engine did not take ${image}: ${toldBy(told)}`);
}

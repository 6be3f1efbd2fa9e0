// Builds the image of an environment:
//   pnpm image envs/echo                                       openenv-echo, on Docker Hub's Node image
//   pnpm image envs/echo --base openenv-base:bookworm          on a base that `pnpm base-image` made
//   pnpm image envs/coding --tag my-coding --no-cache

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { type BuildOptions, buildImage } from "../packages/conformance/src/container.ts";
import { connectEngine } from "../packages/conformance/src/container-engine.ts";
import { contentDigest } from "./images/digest.ts";

const usage = "usage: pnpm image ENVIRONMENT [--base IMAGE] [--tag NAME] [--no-cache]";

process.exitCode = await main();

async function main(): Promise<number> {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      allowNegative: true,
      options: { base: { type: "string" }, tag: { type: "string" }, cache: { type: "boolean", default: true } },
    });
    const [folder, ...more] = positionals;
    if (folder === undefined || more.length > 0) throw new Error(usage);
    const tag = values.tag ?? `openenv-${basename(folder)}`;
    const { cache } = values;
    await buildEnvironment(folder, { tag, baseImage: values.base, cache, onLine: (line) => console.log(`  ${line}`) });
    console.log(`${tag}: content digest ${await contentDigest(await connectEngine(), tag)}`);
    return 0;
  } catch (error) {
    console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
}

/**
 * With its version and revision in the labels. Its steps use the host's network: a mirror of packages may be known to
 * the host alone.
 */
async function buildEnvironment(folder: string, options: BuildOptions): Promise<void> {
  const manifest: { version: string } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const buildArgs = { VERSION: manifest.version, REVISION: revision() };
  await buildImage(folder, { ...options, context: ".", buildArgs, hostNetwork: true });
}

function revision(): string {
  try {
    return execFileSync("git", ["rev-parse", "HEAD"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return "unknown"; // sources without their history
  }
}

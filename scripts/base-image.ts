// Makes the images that this repository's images can begin with where Docker Hub is out of reach:
//   pnpm base-image              openenv-base:bookworm, Debian with apt and Node; needs root and debootstrap
//   pnpm base-image --minimal    openenv-base:minimal, Node and its shared libraries alone
// One that is there and was made of the same things is left alone, unless --force.

import { parseArgs } from "node:util";
import { makeBase } from "./images/base.ts";

process.exitCode = await main();

async function main(): Promise<number> {
  try {
    const { values } = parseArgs({ options: { minimal: { type: "boolean" }, force: { type: "boolean" } } });
    const { minimal = false, force = false } = values;
    console.log(await makeBase(minimal ? "minimal" : "bookworm", force, console.log));
    return 0;
  } catch (error) {
    console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
}

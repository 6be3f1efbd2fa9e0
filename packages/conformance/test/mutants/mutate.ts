import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Mutant } from "./mutants.ts";

const packages = fileURLToPath(new URL("../../..", import.meta.url));
// Below this package, so that what the copies import is found where this package's dependencies are.
const cache = fileURLToPath(new URL("../../.cache", import.meta.url));

/** A copy of the reference implementation, changed in one place. */
export interface MutatedCopy extends Disposable {
  /** The module that has `serve`. */
  node: string;
}

/** @throws {Error} if what is to be changed does not stand in the source exactly once: the mutant is then out of date. */
export function mutate({ rule, file, find, replace }: Mutant): MutatedCopy {
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "mutant-"));
  for (const name of ["schema", "server"]) {
    cpSync(join(packages, name, "src"), join(folder, name, "src"), { recursive: true });
    cpSync(join(packages, name, "package.json"), join(folder, name, "package.json"));
  }
  mkdirSync(join(folder, "node_modules", "@openenv"), { recursive: true });
  symlinkSync(join(folder, "schema"), join(folder, "node_modules", "@openenv", "schema"));

  const path = join(folder, file.replace("/", "/src/"));
  const source = readFileSync(path, "utf8");
  const [before, after, ...more] = source.split(find);
  if (before === undefined || after === undefined || more.length > 0)
    throw new Error(
      `the mutant of ${rule} is out of date: ${file} holds its text ${source.split(find).length - 1} times`,
    );
  writeFileSync(path, before + replace + after);
  return {
    node: join(folder, "server", "src", "node.ts"),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

import { execFile } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { SandboxError } from "./error.ts";
import { findExecutable } from "./executable.ts";

// Without it the loader in the sandbox would look in its built-in folders only, and miss /usr/local/lib.
const loaderCache = "/etc/ld.so.cache";

/** The shared libraries that a program, and the extension modules in the folders it brings, load at run time. */
export async function sharedLibraries(paths: readonly string[]): Promise<string[]> {
  const ldd = findExecutable("ldd");
  if (ldd === undefined) throw new SandboxError("unavailable", "ldd is missing: install the C library's tools");
  const binaries = (await Promise.all(paths.map(loadableFiles))).flat();
  const libraries = new Set<string>();
  for (const line of (await output(ldd, binaries)).split("\n")) {
    const path = /^\s*(?:\S+ => )?(\/.*) \(0x[0-9a-f]+\)$/.exec(line)?.[1];
    if (path !== undefined) libraries.add(path);
  }
  return existsSync(loaderCache) ? [...libraries, loaderCache] : [...libraries];
}

async function loadableFiles(path: string): Promise<string[]> {
  if (!statSync(path).isDirectory()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && /\.so(\.|$)/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

// ldd ends with 1 if any of the files is static or no program at all; what it found for the others counts.
function output(command: string, args: string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(command, args, { maxBuffer: 256 * 1024 * 1024, env: { LC_ALL: "C" } }, (_error, stdout) =>
      resolve(stdout),
    );
  });
}

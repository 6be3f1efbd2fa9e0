// Node and the shared libraries that it loads, as a folder: no shell, no package manager, nothing else to run.

import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { addNode, addUser, type RootFolder } from "./root-folder.ts";

/** Fills an empty folder; the libraries are this machine's. @throws {Error} if they cannot be found. */
export function makeMinimalRoot(folder: string): RootFolder {
  for (const library of librariesOf(process.execPath)) {
    const copy = join(folder, library);
    mkdirSync(dirname(copy), { recursive: true });
    copyFileSync(library, copy); // the file behind a link, under the name that the loader asks for
    chmodSync(copy, 0o755);
  }
  mkdirSync(join(folder, "tmp"));
  chmodSync(join(folder, "tmp"), 0o1777);
  mkdirSync(join(folder, "etc"));
  writeFileSync(join(folder, "etc/passwd"), "root:x:0:0:root:/:/nonexistent\n");
  writeFileSync(join(folder, "etc/group"), "root:x:0:\n");
  addUser(folder);
  addNode(folder);
  return { folder, path: "/usr/local/bin" };
}

function librariesOf(program: string): string[] {
  try {
    const output = execFileSync("ldd", [program], { encoding: "utf8" });
    return [...output.matchAll(/^\s*(?:\S+ => )?(\/\S+) \(0x/gm)].map(([, path = ""]) => path);
  } catch (cause) {
    throw new Error(`ldd cannot tell the libraries of ${program}: this needs Linux with glibc`, { cause });
  }
}

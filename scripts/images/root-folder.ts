import { appendFileSync, chmodSync, copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";

/** What becomes the file system of an image. */
export interface RootFolder {
  folder: string;
  /** Its `PATH`. */
  path: string;
}

/** The Node that runs this script: under pnpm the one that the repository brings. */
export function addNode(folder: string): void {
  mkdirSync(join(folder, "usr/local/bin"), { recursive: true });
  copyFileSync(process.execPath, join(folder, "usr/local/bin/node"));
  chmodSync(join(folder, "usr/local/bin/node"), 0o755);
}

/** The user that Docker Hub's Node images have too. Written and not made by useradd, which would note the day. */
export function addUser(folder: string): void {
  appendFileSync(join(folder, "etc/passwd"), "node:x:1000:1000::/nonexistent:/usr/sbin/nologin\n");
  appendFileSync(join(folder, "etc/group"), "node:x:1000:\n");
}

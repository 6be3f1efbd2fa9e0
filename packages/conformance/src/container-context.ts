// What a Dockerfile may copy: a folder, packed as the engine takes it.

import { createReadStream, type Dirent, lstatSync, readdirSync, readFileSync, readlinkSync, type Stats } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import dockerignore from "@balena/dockerignore";
import { type Header, type Pack, pack } from "tar-stream";

type Entry = Pick<Header, "name" | "mode" | "mtime">;

/** A folder on its way to the engine. */
export interface PackedContext {
  /** A gzipped tar. Whoever stops reading it early must destroy it. */
  archive: Readable;
  /** Resolves when all is packed. Rejects if a file cannot be read; the archive then never ends. */
  packed: Promise<void>;
}

/**
 * Packs the files and folders below a folder, but for what its `.dockerignore` names. What is removed meanwhile is left
 * out; links are not followed.
 */
export function packContext(context: string): PackedContext {
  const tar = pack();
  const archive = createGzip();
  const filling = fill(tar, context).catch((error: Error) => void tar.destroy(error));
  const packed = Promise.all([pipeline(tar, archive), filling]).then(() => undefined);
  return { archive, packed };
}

async function fill(tar: Pack, context: string): Promise<void> {
  for (const path of pathsIn(context).filter(notIgnored(context))) await add(tar, context, path);
  tar.finalize();
}

async function add(tar: Pack, context: string, path: string): Promise<void> {
  const file = join(context, path);
  const found = present(() => lstatSync(file));
  if (found === undefined) return;
  const header = { name: path, mode: found.mode & 0o7777, mtime: found.mtime };
  if (found.isDirectory()) tar.entry({ ...header, type: "directory" });
  else if (found.isSymbolicLink()) {
    const linkname = present(() => readlinkSync(file));
    if (linkname !== undefined) tar.entry({ ...header, type: "symlink", linkname });
  } else if (found.isFile()) await addFile(tar, file, header, found);
}

async function addFile(tar: Pack, file: string, header: Entry, { size }: Stats): Promise<void> {
  if (size === 0) return void tar.entry(header, "");
  const bytes = createReadStream(file, { end: size - 1 }); // no more than announced, if it grows
  const opened = await new Promise<boolean>((resolve, reject) => {
    bytes.once("open", () => resolve(true));
    bytes.once("error", (error) => (isGone(error) ? resolve(false) : reject(error)));
  });
  if (opened) await pipeline(bytes, tar.entry({ ...header, size }));
}

function notIgnored(context: string): (path: string) => boolean {
  const rules = present(() => readFileSync(join(context, ".dockerignore"), "utf8")) ?? "";
  return dockerignore.default({ ignorecase: false }).add(rules).createFilter();
}

/** The paths of all files and folders below a folder, sorted: a folder comes before what is in it. */
function pathsIn(context: string): string[] {
  const paths: string[] = [];
  const folders = [""];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const entries: Dirent[] = present(() => readdirSync(join(context, folder), { withFileTypes: true })) ?? [];
    for (const entry of entries) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) folders.push(path);
      paths.push(path);
    }
  }
  return paths.sort();
}

/** What `look` finds; undefined if somebody has removed it. @throws whatever else is wrong */
function present<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  const code: unknown = Reflect.get(Object(error), "code");
  return code === "ENOENT" || code === "ENOTDIR";
}

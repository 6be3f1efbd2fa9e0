// Reads a tar stream, as the engine exports a file system: the POSIX format with its extensions for long names.

import { createHash } from "node:crypto";

export interface TarEntry {
  path: string;
  /** `file`, `link`, `symlink`, `directory`, or the format's own letter. */
  type: string;
  mode: number;
  uid: number;
  gid: number;
  /** What a link points to, else empty. */
  target: string;
  /** Of the bytes, in hex. */
  sha256: string;
}

const blockBytes = 512;
const types: Record<string, string> = { "0": "file", "\0": "file", "1": "link", "2": "symlink", "5": "directory" };

/** The entries of a tar stream, in its order. */
export async function* readTar(stream: AsyncIterable<Uint8Array | string>): AsyncGenerator<TarEntry> {
  const input = byteReader(stream);
  let extension = new Map<string, string>();
  for (;;) {
    const header = await input.read(blockBytes);
    if (header.length < blockBytes || header[0] === 0) {
      await input.each(Number.POSITIVE_INFINITY, () => undefined); // else the stream's connection would stay open
      return;
    }
    const letter = header.toString("latin1", 156, 157);
    const size = Number(extension.get("size") ?? numberAt(header, 124, 12));
    if (letter === "x" || letter === "g") {
      const records = recordsOf(await input.read(size));
      if (letter === "x") extension = records; // "g" would be for all entries: the engine writes none that matter
    } else if (letter === "L" || letter === "K") {
      const text = (await input.read(size)).toString().replace(/\0.*$/s, "");
      extension.set(letter === "L" ? "path" : "linkpath", text);
    } else {
      const hash = createHash("sha256");
      await input.each(size, (bytes) => hash.update(bytes));
      yield {
        path: (extension.get("path") ?? pathIn(header)).replace(/^\.\//, "").replace(/\/$/, ""),
        type: types[letter] ?? letter,
        mode: numberAt(header, 100, 8),
        uid: Number(extension.get("uid") ?? numberAt(header, 108, 8)),
        gid: Number(extension.get("gid") ?? numberAt(header, 116, 8)),
        target: extension.get("linkpath") ?? textAt(header, 157, 100),
        sha256: hash.digest("hex"),
      };
      extension = new Map();
    }
    await input.read((blockBytes - (size % blockBytes)) % blockBytes);
  }
}

function pathIn(header: Buffer): string {
  const isPosix = textAt(header, 257, 6) === "ustar";
  const prefix = isPosix ? textAt(header, 345, 155) : "";
  return prefix === "" ? textAt(header, 0, 100) : `${prefix}/${textAt(header, 0, 100)}`;
}

function textAt(header: Buffer, start: number, length: number): string {
  return header
    .toString("utf8", start, start + length)
    .replace(/\0.*$/s, "")
    .trimEnd();
}

/** In octal digits; or, with the first bit set, in binary. */
function numberAt(header: Buffer, start: number, length: number): number {
  const first = header[start] ?? 0;
  if (first >= 0x80) return header.readUIntBE(start + length - 6, 6);
  return Number.parseInt(textAt(header, start, length).trim() || "0", 8);
}

/** Records `LENGTH KEY=VALUE\n`, where the length counts bytes and itself. */
function recordsOf(bytes: Buffer): Map<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.length; ) {
    const length = Number.parseInt(bytes.toString("latin1", at, at + 20), 10);
    if (!(length > 0)) break;
    const [, key = "", value = ""] = /^\d+ ([^=]*)=(.*)\n$/s.exec(bytes.toString("utf8", at, at + length)) ?? [];
    records.set(key, value);
    at += length;
  }
  return records;
}

interface ByteReader {
  /** So many bytes, or fewer at the end of the stream. */
  read(count: number): Promise<Buffer>;
  /** Hands on so many bytes in pieces. */
  each(count: number, take: (bytes: Buffer) => void): Promise<void>;
}

function byteReader(stream: AsyncIterable<Uint8Array | string>): ByteReader {
  const chunks = stream[Symbol.asyncIterator]();
  let rest = Buffer.alloc(0);
  const each = async (count: number, take: (bytes: Buffer) => void): Promise<void> => {
    for (let left = count; left > 0; ) {
      if (rest.length === 0) {
        const next = await chunks.next();
        if (next.done === true) return;
        rest = Buffer.from(next.value);
      }
      const piece = rest.subarray(0, left);
      rest = rest.subarray(piece.length);
      left -= piece.length;
      take(piece);
    }
  };
  return {
    each,
    async read(count) {
      const pieces: Buffer[] = [];
      await each(count, (bytes) => pieces.push(bytes));
      return Buffer.concat(pieces);
    },
  };
}

// What an image is, apart from when it was made: the base of "two builds give the same image".

import { createHash } from "node:crypto";
import type { Engine } from "../../packages/conformance/src/container-engine.ts";
import { readTar } from "./tar.ts";

/**
 * The content digest of an image, in hex: sha256 over the sorted path, type, mode, owner, link target and bytes of its
 * file system, and over its configuration without its dates.
 */
export async function contentDigest(engine: Engine, image: string): Promise<string> {
  const lines = [...(await fileLines(engine, image)), await configurationOf(engine, image)];
  return createHash("sha256").update(lines.join("\n")).digest("hex");
}

/** One line per file of an image, sorted: where two digests differ, the lines that differ tell why. */
export async function fileLines(engine: Engine, image: string): Promise<string[]> {
  const { dockerode } = engine.container;
  const container = await dockerode.createContainer({ Image: image, Cmd: ["never started"] });
  try {
    const lines: string[] = [];
    for await (const entry of readTar(bytesOf(await container.export()))) {
      const { path, type, mode, uid, gid, target, sha256 } = entry;
      lines.push([path, type, mode.toString(8), `${uid}:${gid}`, target, sha256].join("\t"));
    }
    return lines.sort();
  } finally {
    await container.remove({ force: true, v: true });
  }
}

async function* bytesOf(stream: NodeJS.ReadableStream): AsyncGenerator<Uint8Array | string> {
  for await (const chunk of stream) yield chunk;
}

async function configurationOf(engine: Engine, image: string): Promise<string> {
  const { Architecture, Os, Config } = await engine.container.dockerode.getImage(image).inspect();
  // `Image` names the layer before, and with it that layer's date; the host name is drawn by the engine.
  const told = { ...Config, Image: undefined, Hostname: undefined };
  return JSON.stringify({ Architecture, Os, Config: told }, sortedKeys);
}

function sortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectEngine, type Engine, hasImage, toldBy } from "../../packages/conformance/src/container-engine.ts";
import { debianSources, makeDebianRoot } from "./debian-root.ts";
import { makeMinimalRoot } from "./minimal-root.ts";
import type { RootFolder } from "./root-folder.ts";

/** Debian with apt and Node; or Node and its shared libraries alone. */
export type BaseKind = "bookworm" | "minimal";

const inputsLabel = "org.openenv.base.inputs";

/** The name of a base image. */
export function baseName(kind: BaseKind): string {
  return `openenv-base:${kind}`;
}

/**
 * Makes a base image, unless it is there and was made of the same things, or `force` is set. Resolves with a sentence
 * that says which.
 *
 * @throws {Error} that says what is missing on this machine and how to get it.
 */
export async function makeBase(kind: BaseKind, force: boolean, onLine: (line: string) => void): Promise<string> {
  const started = performance.now();
  const image = baseName(kind);
  const engine = await connectEngine();
  const sources = kind === "minimal" ? [] : debianSources();
  const inputs = digestOfInputs(JSON.stringify({ node: process.version, arch: process.arch, sources }));
  if (!force && (await madeOf(engine, image)) === inputs) {
    return `${image} is there, made of the same things (--force makes it again)`;
  }
  onLine(`making ${image} with Node ${process.version}`);
  const folder = mkdtempSync(join(tmpdir(), "openenv-base-"));
  chmodSync(folder, 0o755); // it becomes the image's root folder
  try {
    const root = kind === "minimal" ? makeMinimalRoot(folder) : await makeDebianRoot(folder, sources, onLine);
    onLine("  importing it into the engine");
    await importRoot(engine, image, root, inputs);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const { Size } = await engine.container.dockerode.getImage(image).inspect();
  return `${image}: ${Math.round(Size / 2 ** 20)} MiB, in ${Math.round((performance.now() - started) / 1000)} s`;
}

/** A digest of what decides the image, the scripts that make it among them. */
function digestOfInputs(facts: string): string {
  const hash = createHash("sha256").update(facts);
  for (const file of ["base.ts", "debian-root.ts", "minimal-root.ts", "root-folder.ts"]) {
    hash.update(readFileSync(join(import.meta.dirname, file)));
  }
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

import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { packContext } from "./container-context.ts";
import { ContainerError, connectEngine, requireImage, toldBy } from "./container-engine.ts";

export interface BuildOptions {
  /** Given to the Dockerfile as the build argument `BASE_IMAGE`. @default the Dockerfile's own */
  baseImage?: string | undefined;
  /** Folder whose files the Dockerfile may copy. @default the Dockerfile's own folder */
  context?: string;
  /** Name of the image. @default the Dockerfile's own: each build takes the place of the one before */
  tag?: string;
  /** Build arguments beside `BASE_IMAGE`. */
  buildArgs?: Readonly<Record<string, string>>;
  /** Steps reach what the host reaches, and its own services. @default false */
  hostNetwork?: boolean;
  /** Whether steps that were run before may be taken from the engine's cache. @default true */
  cache?: boolean;
  signal?: AbortSignal;
  /** Called with each line that the build prints. */
  onLine?: (line: string) => void;
}

/** What the engine sends while it builds: output of steps, or why it stopped. */
interface BuildEvent {
  stream?: unknown;
  error?: unknown;
}

/**
 * Builds an image by the engine's own builder, and resolves with its name.
 *
 * @param path a Dockerfile, or a folder with one.
 * @throws {ContainerError} if there is no engine or no Dockerfile, a base image cannot be had, or a step fails.
 */
export async function buildImage(path: string, options: BuildOptions = {}): Promise<string> {
  const { signal, cache = true, hostNetwork = false, onLine } = options;
  const dockerfile = locate(path);
  const { tag = nameOf(dockerfile) } = options;
  const context = resolve(options.context ?? dirname(dockerfile));
  const buildargs = { ...options.buildArgs, ...(options.baseImage !== undefined && { BASE_IMAGE: options.baseImage }) };
  const engine = await connectEngine();
  for (const image of baseImages(readFileSync(dockerfile, "utf8"), buildargs)) {
    const advice = `${path} begins with it; pull or build it, or name another base image that has Node`;
    await requireImage(engine, image, advice, signal);
  }
  signal?.throwIfAborted();
  const lines: string[] = [];
  const unpackable = new AbortController();
  const { archive, packed } = packContext(context);
  packed.catch((error) => unpackable.abort(error));
  try {
    const output = await engine.container.dockerode.buildImage(archive, {
      t: tag,
      dockerfile: relative(context, dockerfile).replaceAll(sep, "/"),
      buildargs,
      nocache: !cache,
      forcerm: true, // also where a step fails, no container stays
      ...(hostNetwork && { networkmode: "host" }),
      abortSignal: AbortSignal.any([unpackable.signal, ...(signal === undefined ? [] : [signal])]),
    });
    for await (const event of eventsOf(output)) {
      if (event.error !== undefined) throw new Error(String(event.error));
      const line = String(event.stream ?? "").trimEnd();
      if (line === "") continue;
      lines.push(line);
      onLine?.(line);
    }
  } catch (cause) {
    signal?.throwIfAborted();
    if (unpackable.signal.aborted) throw new ContainerError(packFailure(path, unpackable.signal.reason), { cause });
    throw new ContainerError(buildFailure(path, cause, lines), { cause });
  } finally {
    archive.destroy();
  }
  return tag;
}

/** With the folder in it, for whoever lists images, and a digest of the whole path. */
function nameOf(dockerfile: string): string {
  const folder = basename(dirname(dockerfile)).replaceAll(/[^\w-]/g, "-");
  return `openenv-built:${folder}-${createHash("sha256").update(dockerfile).digest("hex").slice(0, 8)}`;
}

/** The events of a build, which the engine sends as one line of JSON each. */
async function* eventsOf(output: NodeJS.ReadableStream): AsyncGenerator<BuildEvent> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of output) {
    const lines = (rest + (typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true }))).split("\n");
    rest = lines.pop() ?? "";
    yield* lines.filter((line) => line.trim() !== "").map((line): BuildEvent => JSON.parse(line));
  }
}

function locate(path: string): string {
  const where = resolve(path);
  const dockerfile = existsSync(where) && statSync(where).isDirectory() ? join(where, "Dockerfile") : where;
  if (existsSync(dockerfile)) return dockerfile;
  throw new ContainerError(`there is no Dockerfile at ${path}: give a Dockerfile, or a folder that has one`);
}

/**
 * The images that a Dockerfile's stages begin with, apart from its own stages: the engine would say of a missing one
 * no more than what its registry said.
 */
function baseImages(dockerfile: string, buildArgs: Readonly<Record<string, string>>): ReadonlySet<string> {
  const images = new Set<string>();
  const stages = new Set(["scratch"]);
  const values = new Map<string, string>();
  const fill = (text: string): string =>
    text.replaceAll(
      /\$\{(\w+)(?::-([^}]*))?\}|\$(\w+)/g,
      (_all, braced: string | undefined, otherwise = "", bare = "") => values.get(braced ?? bare) ?? otherwise,
    );
  for (const line of dockerfile.split("\n")) {
    const argument = /^\s*ARG\s+(\w+)(?:=["']?([^"'\s]*))?/i.exec(line);
    if (argument !== null && images.size === 0) {
      const [, name = "", value = ""] = argument;
      values.set(name, buildArgs[name] ?? fill(value));
    }
    const stage = /^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?/i.exec(line);
    if (stage === null) continue;
    const [, image = "", name] = stage;
    const filled = fill(image);
    if (!stages.has(filled.toLowerCase())) images.add(filled);
    if (name !== undefined) stages.add(name.toLowerCase());
  }
  return images;
}

function packFailure(path: string, reason: unknown): string {
  const advice = "mend that, name it in .dockerignore, or try again if it changed meanwhile";
  return `${path} does not build, because what it may copy cannot be packed (${toldBy(reason)}): ${advice}`;
}

const shownLines = 5;

function buildFailure(path: string, cause: unknown, lines: readonly string[]): string {
  const reason = toldBy(cause);
  const name = basename(path);
  if (/cannot locate specified dockerfile/i.test(reason)) {
    return `${path} does not build: the context has no ${name}; take it out of .dockerignore, or move it into the context`;
  }
  const output = lines.length === 0 ? "" : `; the last lines were:\n${lines.slice(-shownLines).join("\n")}`;
  return `${path} does not build (${reason}): mend the step that failed${output}`;
}

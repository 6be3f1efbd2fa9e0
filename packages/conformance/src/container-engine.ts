// The Docker engine. testcontainers is loaded by the first function that is called: most users never need it.

import type { ContainerRuntimeClient } from "testcontainers";

/** Why a container or an image could not be had: the cause and the next thing to try, in one sentence. */
export class ContainerError extends Error {
  override readonly name = "ContainerError";
}

/** A connection to the engine that testcontainers finds: by DOCKER_HOST, its own properties file, or the usual socket. */
export type Engine = ContainerRuntimeClient;

/** @throws {ContainerError} if no engine answers: where DOCKER_HOST is set, that one. */
export async function connectEngine(): Promise<Engine> {
  const { getContainerRuntimeClient } = await import("testcontainers");
  const { DOCKER_HOST = "" } = process.env;
  let cause: unknown;
  try {
    const engine = await getContainerRuntimeClient();
    if (DOCKER_HOST === "" || isAt(engine, DOCKER_HOST)) return engine;
  } catch (error) {
    cause = error;
  }
  throw new ContainerError(
    DOCKER_HOST === ""
      ? "no Docker engine answers at the usual sockets: start Docker, or set DOCKER_HOST"
      : `no Docker engine answers at ${DOCKER_HOST}: start it, or set DOCKER_HOST to another one`,
    { cause },
  );
}

/** testcontainers goes on to the usual sockets where DOCKER_HOST leads nowhere; but whoever sets it means it. */
function isAt(engine: Engine, address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { hostname, pathname } = new URL(address);
  const modem: unknown = engine.container.dockerode.modem;
  const [key, value] = hostname === "" ? ["socketPath", pathname] : ["host", hostname];
  return Reflect.get(Object(modem), key) === value;
}

const reaperImage = /^(docker\.io\/)?testcontainers\/ryuk:/;

/**
 * The labels by which testcontainers' reaper (Ryuk) removes what a process that was killed has left. It is an image too,
 * and starting it would pull it: without it here, and unless the user has configured it, the reaper stays off.
 */
export async function reaperLabels(engine: Engine): Promise<Record<string, string>> {
  const { getReaper, LABEL_TESTCONTAINERS_SESSION_ID } = await import("testcontainers");
  const { TESTCONTAINERS_RYUK_DISABLED, RYUK_CONTAINER_IMAGE } = process.env;
  if (TESTCONTAINERS_RYUK_DISABLED === undefined && RYUK_CONTAINER_IMAGE === undefined) {
    const images = await engine.container.dockerode.listImages();
    const here = images.some(({ RepoTags }) => RepoTags?.some((tag) => reaperImage.test(tag)));
    if (!here) process.env.TESTCONTAINERS_RYUK_DISABLED = "true";
  }
  if (process.env.TESTCONTAINERS_RYUK_DISABLED === "true") return {};
  try {
    const { sessionId } = await getReaper(engine);
    return { [LABEL_TESTCONTAINERS_SESSION_ID]: sessionId };
  } catch (cause) {
    const advice = "set TESTCONTAINERS_RYUK_DISABLED=true";
    throw new ContainerError(`testcontainers' reaper does not start (${toldBy(cause)}): ${advice}`, { cause });
  }
}

/**
 * Makes sure that an image is here, and pulls it if it is not.
 *
 * @param advice what to try where neither works, as the end of a sentence.
 * @throws {ContainerError} if it is neither here nor can it be pulled.
 */
export async function requireImage(engine: Engine, image: string, advice: string, signal?: AbortSignal): Promise<void> {
  if (await hasImage(engine, image)) return;
  const { ImageName } = await import("testcontainers");
  signal?.throwIfAborted();
  let reason: unknown = new Error("the registry has no such image");
  try {
    await orAborted(engine.image.pull(ImageName.fromString(image), { force: true, platform: undefined }), signal);
  } catch (cause) {
    signal?.throwIfAborted();
    reason = cause;
  }
  // Some failures of a pull are told in its progress alone, which testcontainers does not read.
  if (await hasImage(engine, image)) return;
  throw new ContainerError(`the image ${image} is not here and cannot be pulled (${toldBy(reason)}): ${advice}`, {
    cause: reason,
  });
}

/** Whether the engine has an image of this name or id. */
export async function hasImage(engine: Engine, image: string): Promise<boolean> {
  try {
    await engine.container.dockerode.getImage(image).inspect();
    return true;
  } catch (error) {
    if (statusOf(error) === 404) return false;
    throw error;
  }
}

/** The HTTP status with which the engine refused, if that is what was thrown. */
export function statusOf(error: unknown): number | undefined {
  const status: unknown = Reflect.get(Object(error), "statusCode");
  return typeof status === "number" ? status : undefined;
}

/** What the engine said, on one line, without the HTTP around it. */
export function toldBy(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text
    .replace(/^\(HTTP code \d+\) [^-]*- /, "")
    .replaceAll(/\s+/g, " ")
    .trim();
}

/** The outcome of `work`, or the reason of the abort if that comes first; `work` itself is not stopped. */
function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

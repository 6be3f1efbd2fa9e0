// A server in a container: started, watched until it is healthy, stopped, cut off, removed.

import { createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import {
  ContainerError,
  connectEngine,
  type Engine,
  reaperLabels,
  requireImage,
  statusOf,
  toldBy,
} from "./container-engine.ts";

export { ContainerError } from "./container-engine.ts";
export { type BuildOptions, buildImage } from "./container-image.ts";

/** The label that all containers of a run have; its value is the run's. */
export const runLabel = "org.openenv.run";

export interface ContainerOptions {
  /** Value of the label `org.openenv.run`, by which `removeByLabel` finds what is left. */
  run: string;
  /** Aborts the start; what was made so far is removed. */
  signal?: AbortSignal;
  /** Port that the server listens on in the container. @default 8000 */
  port?: number;
  /** Longest wait for GET /health to answer 200, in milliseconds, after each start. @default 60_000 */
  healthTimeoutMs?: number;
  /** Arguments instead of the image's own (`CMD`). */
  command?: readonly string[];
  /** Arguments after the command. A command that is a line for a shell takes none. */
  moreArguments?: readonly string[];
  /** Environment variables beside the image's own. */
  env?: Readonly<Record<string, string>>;
  /** As `docker run --security-opt`, but for files of profiles. */
  securityOptions?: readonly string[];
}

type Container = ReturnType<Engine["container"]["getById"]>;

/** What the engine tells of a container. */
export type ContainerInspection = Awaited<ReturnType<Container["inspect"]>>;

/** A container that was healthy once. Disposing it removes it, in whatever state it is. */
export interface StartedContainer extends AsyncDisposable {
  readonly id: string;
  /** The published port, `http://host:port`: the same for the container's whole life. */
  readonly url: string;
  /** The container's own address on its network, `http://ip:port`; changes when it connects again. Linux engines only. */
  readonly bridgeUrl: string;
  /** What it has written to stdout and stderr so far. */
  logs(): Promise<string>;
  inspect(): Promise<ContainerInspection>;
  /** Sends SIGTERM, after the grace time SIGKILL. Resolves with the exit code. */
  stop(graceSeconds?: number): Promise<number>;
  /** Stops it, starts it, and waits until it is healthy. @throws {ContainerError} */
  restart(graceSeconds?: number): Promise<void>;
  /** Freezes all its processes: connections stay open, and nobody answers. */
  pause(): Promise<void>;
  unpause(): Promise<void>;
  /** Takes it off its network: nothing reaches it, and nobody is told. */
  disconnect(): Promise<void>;
  connect(): Promise<void>;
}

const defaults = { port: 8000, healthTimeoutMs: 60_000 };

/**
 * Starts a container of an image, and resolves when GET /health answers 200. The image is pulled if it is not here.
 *
 * @throws {ContainerError} if there is no engine or no such image, if the server ends at once, or if it does not become
 *   healthy in time. Nothing is left then.
 */
export async function startContainer(image: string, options: ContainerOptions): Promise<StartedContainer> {
  const { signal, ...rest } = options;
  const settings = { ...defaults, ...rest };
  const engine = await connectEngine();
  await requireImage(engine, image, "build it first, check its name, or log in to its registry", signal);
  const labels = await reaperLabels(engine);
  const { container, url } = await createOnFreePort(engine, image, settings, labels);
  const watch = { container, image, url, settings };
  try {
    await untilHealthy(watch, signal);
    return await handleOf(engine, watch);
  } catch (error) {
    await remove(container);
    throw error;
  }
}

/** Removes all containers of a run, in whatever state they are. @throws {ContainerError} if there is no engine. */
export async function removeByLabel(run: string): Promise<void> {
  const engine = await connectEngine();
  const filters = { label: [`${runLabel}=${run}`] };
  const left = await engine.container.dockerode.listContainers({ all: true, filters });
  await Promise.all(left.map(({ Id }) => remove(engine.container.getById(Id))));
}

type Settings = Omit<ContainerOptions, "signal"> & typeof defaults;

interface Watch {
  container: Container;
  image: string;
  url: string;
  settings: Settings;
}

const portTaken = /port is already allocated|address already in use/;
const portAttempts = 5;
const unmaskOption = "systempaths=unconfined";

/** The port is chosen here and not by the engine, which would choose another one at each start. */
async function createOnFreePort(
  engine: Engine,
  image: string,
  settings: Settings,
  labels: Record<string, string>,
): Promise<{ container: Container; url: string }> {
  const { run, port, env = {}, securityOptions = [] } = settings;
  const { host } = engine.info.containerRuntime;
  const Cmd = await commandOf(engine, image, settings);
  const isLocal = host === "localhost";
  for (let attempt = 1; ; attempt++) {
    const HostPort = String(await freePort());
    let container: Container | undefined;
    try {
      container = await engine.container.dockerode.createContainer({
        Image: image,
        Labels: { ...labels, [runLabel]: run },
        Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
        ...(Cmd !== undefined && { Cmd }),
        ExposedPorts: { [`${port}/tcp`]: {} },
        HostConfig: {
          // Nobody is asked for a password: only this machine, where the engine is this machine's.
          PortBindings: { [`${port}/tcp`]: [{ HostPort, HostIp: isLocal ? "127.0.0.1" : "" }] },
          // The command `docker` does the same: of the engine's own options this is no part.
          SecurityOpt: securityOptions.filter((option) => option !== unmaskOption),
          ...(securityOptions.includes(unmaskOption) && { MaskedPaths: [], ReadonlyPaths: [] }),
        },
      });
      await container.start();
      return { container, url: `http://${isLocal ? "127.0.0.1" : host}:${HostPort}` };
    } catch (cause) {
      if (container !== undefined) await remove(container);
      if (attempt < portAttempts && portTaken.test(toldBy(cause))) continue;
      throw new ContainerError(`the image ${image} does not start (${toldBy(cause)}): try it with docker run`, {
        cause,
      });
    }
  }
}

/** What the container's command is instead of the image's. @throws {ContainerError} if that takes no arguments. */
async function commandOf(
  engine: Engine,
  image: string,
  { command, moreArguments = [] }: Settings,
): Promise<string[] | undefined> {
  if (moreArguments.length === 0) return command?.slice();
  const { Cmd, Entrypoint } = (await engine.container.dockerode.getImage(image).inspect()).Config;
  const own = [...(command ?? Cmd ?? [])];
  const entry = [Entrypoint ?? []].flat();
  const [program = "", flag] = entry.length === 0 ? own : entry;
  if (/(^|\/)(ba|da)?sh$/.test(program) && flag === "-c") {
    const why = `the image ${image} runs a line for a shell, which takes no arguments`;
    throw new ContainerError(`${why}: set environment variables, or let its Dockerfile name the program as a list`);
  }
  return [...own, ...moreArguments];
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

const pollMs = 100;
const answerMs = 2_000;

async function untilHealthy({ container, image, url, settings }: Watch, signal?: AbortSignal): Promise<void> {
  const { healthTimeoutMs, port } = settings;
  const deadline = performance.now() + healthTimeoutMs;
  for (;;) {
    signal?.throwIfAborted();
    const seen = await health(url);
    if (seen === "200") return;
    const { State } = await container.inspect();
    if (!State.Running) {
      const why = `the image ${image} ends at once, with exit code ${State.ExitCode}`;
      throw new ContainerError(`${why}: try it with docker run${await lastLines(container)}`);
    }
    if (performance.now() > deadline) {
      const why = `GET /health on port ${port} of the image ${image} did not answer 200 within ${healthTimeoutMs} ms`;
      const advice = "check the port, and that the server listens on 0.0.0.0";
      throw new ContainerError(`${why} (last: ${seen}): ${advice}${await lastLines(container)}`);
    }
    await delay(pollMs);
  }
}

/** The status of GET /health, or why there is none. */
async function health(url: string): Promise<string> {
  try {
    const answer = await fetch(`${url}/health`, { signal: AbortSignal.timeout(answerMs) });
    await answer.body?.cancel();
    return String(answer.status);
  } catch (error) {
    return toldBy(error instanceof Error && error.cause !== undefined ? error.cause : error);
  }
}

const shownLines = 10;

async function lastLines(container: Container): Promise<string> {
  const lines = (await logsOf(container)).trimEnd().split("\n").slice(-shownLines);
  return lines.join("") === "" ? "; it printed nothing" : `; its last lines were:\n${lines.join("\n")}`;
}

const frameHeaderBytes = 8;

/** The engine sends frames of a header, whose last four bytes are the length, and what was written. */
async function logsOf(container: Container): Promise<string> {
  const framed = await container.logs({ stdout: true, stderr: true, follow: false });
  const chunks: Buffer[] = [];
  for (let at = 0; at + frameHeaderBytes <= framed.length; ) {
    const start = at + frameHeaderBytes;
    at = start + framed.readUInt32BE(start - 4);
    chunks.push(framed.subarray(start, at));
  }
  return Buffer.concat(chunks).toString();
}

async function handleOf(engine: Engine, watch: Watch): Promise<StartedContainer> {
  const { container, url, settings } = watch;
  const { dockerode } = engine.container;
  const networks = Object.keys((await container.inspect()).NetworkSettings.Networks);
  let bridgeUrl = await addressOf(container, settings.port);
  return {
    id: container.id,
    url,
    get bridgeUrl() {
      return bridgeUrl;
    },
    logs: () => logsOf(container),
    inspect: () => container.inspect(),
    async stop(graceSeconds = 10) {
      await container.stop({ t: graceSeconds });
      return (await container.inspect()).State.ExitCode;
    },
    async restart(graceSeconds = 10) {
      await container.restart({ t: graceSeconds });
      await untilHealthy(watch);
      bridgeUrl = await addressOf(container, settings.port);
    },
    async pause() {
      await container.pause();
    },
    async unpause() {
      await container.unpause();
    },
    async disconnect() {
      for (const name of networks)
        await dockerode.getNetwork(name).disconnect({ Container: container.id, Force: true });
    },
    async connect() {
      for (const name of networks) await dockerode.getNetwork(name).connect({ Container: container.id });
      bridgeUrl = await addressOf(container, settings.port);
    },
    [Symbol.asyncDispose]: () => remove(container),
  };
}

async function addressOf(container: Container, port: number): Promise<string> {
  const { Networks } = (await container.inspect()).NetworkSettings;
  const ip = Object.values(Networks).find(({ IPAddress }) => IPAddress !== "")?.IPAddress ?? "";
  return `http://${ip}:${port}`;
}

const gone = 404;
const beingRemoved = 409;

/** Removes it with its volumes, and waits where another call is at it. */
async function remove(container: Container): Promise<void> {
  try {
    await container.remove({ force: true, v: true });
  } catch (error) {
    if (statusOf(error) === gone) return;
    if (statusOf(error) !== beingRemoved) throw error;
    await container.wait({ condition: "removed" }).catch((late: unknown) => {
      if (statusOf(late) !== gone) throw late;
    });
  }
}

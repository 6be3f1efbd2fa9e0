import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { inspect } from "@openenv/client";
import { type Served, usageOf } from "./served.ts";

/** How what is in a container is reached. */
export type Way = "published port" | "bridge address" | "Unix socket";

interface ContainerOptions {
  image: string;
  /** The repository, which the container reads at the same path. */
  repository: string;
  /** Arguments of node, without those that say where to listen. */
  args: readonly string[];
  core: number | undefined;
  signal: AbortSignal;
}

const port = 8000;
const startWithinMs = 30_000;

/** Starts the game in a container. @throws {Error} if there is no engine or no image, or if it does not answer. */
export async function startContainer(way: Way, options: ContainerOptions): Promise<Served> {
  const { image, repository, args, core, signal } = options;
  const { getContainerRuntimeClient } = await import("testcontainers");
  const engine = (await getContainerRuntimeClient()).container.dockerode;
  const folder = mkdtempSync(join(tmpdir(), "openenv-price-"));
  const place = way === "Unix socket" ? ["--unix", "/sockets/game"] : ["--host", "0.0.0.0", "--port", String(port)];
  const begunMs = performance.now();
  const container = await engine.createContainer({
    Image: image,
    Cmd: ["node", ...args, ...place],
    WorkingDir: repository,
    ExposedPorts: { [`${port}/tcp`]: {} },
    HostConfig: {
      Binds: [`${repository}:${repository}:ro`, `${folder}:/sockets`],
      PortBindings: way === "published port" ? { [`${port}/tcp`]: [{ HostIp: "127.0.0.1", HostPort: "" }] } : {},
      ...(core === undefined ? {} : { CpusetCpus: String(core) }),
    },
  });
  const remove = async (): Promise<void> => {
    await container.remove({ force: true });
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await container.start();
    const { State, NetworkSettings } = await container.inspect();
    const published = NetworkSettings.Ports[`${port}/tcp`]?.[0]?.HostPort;
    const bridge = Object.values(NetworkSettings.Networks)[0]?.IPAddress;
    const addresses: Record<Way, string> = {
      "published port": `http://127.0.0.1:${published}`,
      "bridge address": `http://${bridge}:${port}`,
      "Unix socket": `unix:${join(folder, "game")}`,
    };
    await untilHealthy(addresses[way], signal);
    const startMs = performance.now() - begunMs;
    return { address: addresses[way], startMs, usage: () => usageOf(State.Pid), [Symbol.asyncDispose]: remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function untilHealthy(address: string, signal: AbortSignal): Promise<void> {
  const endMs = performance.now() + startWithinMs;
  for (;;) {
    const inspector = inspect(address);
    try {
      await inspector.health();
      return;
    } catch (error) {
      if (performance.now() > endMs) throw error;
    } finally {
      await inspector.close();
    }
    await delay(20, undefined, { signal });
  }
}

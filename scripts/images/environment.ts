import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { buildImage } from "../../packages/conformance/src/container.ts";

export interface EnvironmentBuild {
  /** Name of the image. */
  tag: string;
  /** @default the Dockerfile's own, from Docker Hub */
  baseImage?: string | undefined;
  cache?: boolean;
  onLine?: (line: string) => void;
}

/**
 * Builds the image of an environment of this repository, at whose root it runs, with its version and revision in the
 * labels. Its steps use the host's network, where a mirror of packages may be known to the host alone.
 *
 * @param folder such as `envs/echo`.
 * @throws {ContainerError} as `buildImage`.
 */
export async function buildEnvironment(folder: string, build: EnvironmentBuild): Promise<string> {
  const manifest: { version: string } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const buildArgs = { VERSION: manifest.version, REVISION: revision() };
  return buildImage(folder, { ...build, context: ".", buildArgs, hostNetwork: true });
}

function revision(): string {
  try {
    return execFileSync("git", ["rev-parse", "HEAD"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return "unknown"; // sources without their history
  }
}

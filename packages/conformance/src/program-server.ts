import { randomUUID } from "node:crypto";
import type { Profile } from "./check.ts";
import { buildImage, ContainerError, type StartedContainer, startContainer } from "./container.ts";
import { Unreachable } from "./facts.ts";
import { httpUrl } from "./judge.ts";
import type { CommonFlags, Judging } from "./program.ts";
import type { Report } from "./report.ts";
import { type RunOptions, runServerChecks } from "./run.ts";
import type { Script } from "./script.ts";
import type { Control } from "./server.ts";
import { causeOf, UnableError, UsageError } from "./unable.ts";

export interface ServerFlags extends CommonFlags {
  url?: string;
  image?: string;
  dockerfile?: string;
  context?: string;
  baseImage?: string;
  port: number;
  securityOpt?: string[];
  env?: Record<string, string>;
  profile?: Profile[];
  actions?: string;
  slow?: boolean;
}

/** What the command line says. */
export interface Asked {
  flags: ServerFlags;
  /** For the command of the image, after its own. */
  moreArguments: readonly string[];
}

/** Judges the server that the flags name. @throws {UsageError} {UnableError} */
export async function judgeServer(asked: Asked, script: Script, judging: Judging): Promise<Report> {
  const { flags } = asked;
  const { url, image } = flags;
  requireSense(asked);
  try {
    if (url !== undefined) return await run(address(url), {}, flags, script, judging);
    return await judgeContainer(image ?? (await build(flags, judging)), asked, script, judging);
  } catch (error) {
    if (error instanceof Unreachable || error instanceof ContainerError)
      throw new UnableError(error.message, { cause: error });
    throw error;
  }
}

/** @throws {UsageError} unless the flags name one server, and fit it. */
function requireSense({ flags, moreArguments }: Asked): void {
  const { url, image, dockerfile, context, baseImage, securityOpt, env } = flags;
  const named = [url, image, dockerfile].filter((each) => each !== undefined);
  if (named.length !== 1) throw new UsageError("name one server: --url, --image or --dockerfile");
  const ofBuild = { "--context": context, "--base-image": baseImage };
  const ofContainer = { "--security-opt": securityOpt, "--env": env };
  const unfit = (of: Record<string, unknown>): string[] => Object.keys(of).filter((name) => of[name] !== undefined);
  const [idle] = [
    ...(dockerfile === undefined ? unfit(ofBuild) : []),
    ...(url === undefined ? [] : unfit(ofContainer)),
  ];
  if (idle !== undefined)
    throw new UsageError(`${idle} makes no difference without ${idle in ofBuild ? "" : "--image or "}--dockerfile`);
  const [first] = url === undefined ? [] : moreArguments;
  if (first !== undefined) throw new UsageError(`${first}: arguments are for the command of --image or --dockerfile`);
}

function address(url: string): string {
  try {
    return httpUrl(url).href;
  } catch (cause) {
    throw new UsageError(`--url: ${causeOf(cause)}`);
  }
}

async function build(
  { dockerfile = ".", baseImage, context }: ServerFlags,
  { signal, progress }: Judging,
): Promise<string> {
  progress.at(0, 1, `building ${dockerfile}`);
  return buildImage(dockerfile, {
    baseImage,
    hostNetwork: true,
    signal,
    ...(context === undefined ? {} : { context }),
    onLine: (line) => progress.at(0, 1, line),
  });
}

async function judgeContainer(
  image: string,
  { flags, moreArguments }: Asked,
  script: Script,
  judging: Judging,
): Promise<Report> {
  judging.progress.at(0, 1, `starting ${image}`);
  const { port, env = {}, securityOpt: securityOptions = [] } = flags;
  const options = { run: randomUUID(), port, env, securityOptions, moreArguments, signal: judging.signal };
  const container = await startContainer(image, options);
  try {
    return await run(container.url, { target: image, control: controlOf(container) }, flags, script, judging);
  } finally {
    await container[Symbol.asyncDispose]();
  }
}

function controlOf(container: StartedContainer): Control {
  let stopping: Promise<unknown> = Promise.resolve();
  return {
    async shutDown() {
      // Without awaiting: what the server still sends while it stops is what the checks look at.
      stopping = container.stop();
      stopping.catch(() => undefined);
    },
    async restart() {
      await stopping;
      await container.restart();
    },
  };
}

function run(
  url: string,
  special: Partial<RunOptions>,
  flags: ServerFlags,
  script: Script,
  judging: Judging,
): Promise<Report> {
  const { profile, only, seed, timeout, slow = false } = flags;
  const { baseline, signal, progress } = judging;
  return runServerChecks({
    url,
    script,
    seed,
    slow,
    deadlineMs: timeout * 1000,
    signal,
    onFinding: ({ id }, made, all) => progress.at(made, all, id),
    ...(profile === undefined ? {} : { profiles: profile }),
    ...(only === undefined ? {} : { only }),
    ...(baseline === undefined ? {} : { baseline }),
    ...special,
  });
}

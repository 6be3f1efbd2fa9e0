import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { connect } from "../packages/client/src/index.ts";
import {
  buildImage,
  removeByLabel,
  type StartedContainer,
  startContainer,
} from "../packages/conformance/src/container.ts";
import { connectEngine, type Engine } from "../packages/conformance/src/container-engine.ts";
import type { JsonObject } from "../packages/schema/src/index.ts";
import { baseName, makeBase } from "../scripts/images/base.ts";
import { contentDigest, fileLines } from "../scripts/images/digest.ts";
import { describeConformance } from "./image-conformance.ts";
import { labelImage, testTag } from "./labelled-image.ts";
import { describeWith } from "./required.ts";

const run = randomUUID();

/** What lets bubblewrap make namespaces in a container; see envs/coding/Dockerfile. */
const namespaces = ["seccomp=unconfined", "apparmor=unconfined", "systempaths=unconfined"];

const echo = {
  folder: "envs/echo",
  securityOptions: [],
  action: { type: "call_tool", tool_name: "echo_message", arguments: { message: "answer 42" } },
};
const coding = {
  folder: "envs/coding",
  securityOptions: namespaces,
  action: { code: "print('answer', 6 * 7)", language: "python" },
};
const images = [
  { ...echo, name: "echo", base: "debian" },
  { ...echo, name: "echo-without-shell", base: "minimal" },
  { ...coding, name: "coding", base: "debian" },
] as const;

const builtTwice = images.slice(1);
const again = (name: string): string => `${name}-again`;
const bases = { debian: process.env.BASE_IMAGE ?? baseName("bookworm"), minimal: baseName("minimal") };
const canDebootstrap = process.getuid?.() === 0 && existsSync("/usr/sbin/debootstrap");

async function build(folder: string, base: keyof typeof bases, tag: string): Promise<void> {
  const { version }: { version: string } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
  await buildImage(folder, {
    baseImage: testTag(base),
    context: ".",
    tag,
    buildArgs: { VERSION: version, REVISION: "abc123" },
    hostNetwork: true,
    cache: false,
  });
}

/** Makes the bases that are not there; where Debian's cannot be made, Docker Hub's takes its place. */
async function prepareBases(): Promise<void> {
  await makeBase("minimal", false, () => undefined);
  bases.debian = process.env.BASE_IMAGE ?? (canDebootstrap ? baseName("bookworm") : "node:24-bookworm-slim");
  await (bases.debian === baseName("bookworm") ? makeBase("bookworm", false, () => undefined) : undefined);
  await Promise.all([labelImage(bases.debian, "debian"), labelImage(bases.minimal, "minimal")]);
}

describeWith(["docker", "linux"], "images", () => {
  let engine: Engine;
  const running = new Map<string, StartedContainer>();

  beforeAll(async () => {
    engine = await connectEngine();
    await prepareBases();
    // At the same time, so that nobody's edit comes between an image and its second build.
    await Promise.all([
      ...images.map(({ name, folder, base }) => build(folder, base, testTag(name))),
      ...builtTwice.map(({ name, folder, base }) => build(folder, base, testTag(again(name)))),
    ]);
    for (const { name, securityOptions } of images) {
      running.set(name, await startContainer(testTag(name), { run, securityOptions }));
    }
  }, 240_000);
  afterAll(() => removeByLabel(run), 60_000);

  test.each(images)("$name says what it is, and runs as nobody in particular", async ({ name, folder }) => {
    const { version, description, license } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
    const { Config } = await engine.container.dockerode.getImage(testTag(name)).inspect();
    expect(Config.User).toBe("1000:1000");
    expect(Config.ExposedPorts).toEqual({ "8000/tcp": {} });
    expect(Config.Healthcheck).toMatchObject({ Test: ["CMD", "node", "-e", expect.stringContaining("/health")] });
    expect(Config.Labels).toMatchObject({
      "org.opencontainers.image.title": folder.replace("envs/", "openenv-"),
      "org.opencontainers.image.description": description,
      "org.opencontainers.image.licenses": license,
      "org.opencontainers.image.source": "https://github.com/openenv/openenv-typescript",
      "org.opencontainers.image.version": version,
      "org.opencontainers.image.revision": "abc123",
    });
  });

  test.each(images)("$name adds no tool for building or installing, no cache and no log to its base", async (image) => {
    const before = new Set(await fileLines(engine, bases[image.base]));
    const added = (await fileLines(engine, testTag(image.name))).filter((line) => !before.has(line));
    const paths = added.map((line) => line.split("\t", 1)[0] ?? "");
    expect(paths).toContain("app/packages/cli/src/bin.ts");
    const unwanted =
      /(^|\/)(npm|npx|pnpm|corepack|gcc|make|pip3?)$|^var\/(cache|log|lib\/apt\/lists)\/.+|^(tmp|root|context)\/.+/;
    expect(paths.filter((path) => unwanted.test(path))).toEqual([]);
    expect(paths.filter((path) => /\.test\.ts$|\.d\.ts$|^app\/(.*\/)?(test|dist)(\/|$)/.test(path))).toEqual([]);
  });

  test("coding does not run submitted code unconfined unless it is told to", async () => {
    const outcome = startContainer(testTag("coding"), { run });
    await expect(outcome).rejects.toThrow(/exit code 1: .*The sandbox bubblewrap does not work here.*--sandbox none/s);
  });

  test("coding says that it runs submitted code unconfined where it is told to", async () => {
    const command = ["serve", "envs/coding", "--host", "0.0.0.0", "--sandbox", "none"];
    const container = await startContainer(testTag("coding"), { run, command });
    const metadata = await (await fetch(`${container.url}/metadata`)).json();
    expect(metadata).toMatchObject({ sandbox: { tier: "none", guarantees: { network_denied: false } } });
    expect(await container.logs()).toContain("submitted code runs unconfined");
    await playAt(container.url, coding.action);
  });

  test("coding confines submitted code in a container that may make namespaces", async () => {
    const metadata = await (await fetch(`${started("coding").url}/metadata`)).json();
    expect(metadata).toMatchObject({
      sandbox: { tier: "bubblewrap", guarantees: { network_denied: true, filesystem_confined: true } },
      languages: ["python", "javascript"],
    });
  });

  test.each(images)(
    "$name serves at both addresses, is healthy to Docker, and ends in order on SIGTERM",
    async ({ name, action }) => {
      const container = started(name);
      for (const url of [container.url, container.bridgeUrl]) {
        expect(await (await fetch(`${url}/health`)).json()).toMatchObject({ status: "healthy" });
        await playAt(url, action);
      }
      const isHealthy = async () => (await container.inspect()).State.Health?.Status === "healthy";
      await vi.waitUntil(isHealthy, { timeout: 60_000, interval: 500 });
      const env = await connect(container.url);
      try {
        await env.reset();
        expect(await container.stop(30)).toBe(0);
      } finally {
        await env.close();
      }
      expect(await container.logs()).toContain("shutting down");
    },
    120_000,
  );

  test.each(builtTwice)("$name is the same when it is built again without cache", async ({ name }) => {
    expect(await contentDigest(engine, testTag(again(name)))).toBe(await contentDigest(engine, testTag(name)));
  });

  describeConformance([
    { ...echo, image: testTag("echo") },
    { ...coding, image: testTag("coding") },
  ]);

  function started(name: string): StartedContainer {
    const container = running.get(name);
    if (container === undefined) throw new Error(`${name} was not started`);
    return container;
  }
});

/** Plays a step whose observation shows that the environment works. */
async function playAt(url: string, action: JsonObject): Promise<void> {
  const env = await connect(url);
  try {
    await env.reset();
    const { observation } = await env.step(action);
    expect(JSON.stringify(observation)).toContain("answer 42");
  } finally {
    await env.close();
  }
}

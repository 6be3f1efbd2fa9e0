import { execFileSync } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { baseName, makeBase } from "../../../scripts/images/base.ts";
import { labelImage, testTag } from "../../../test/labelled-image.ts";
import { describeWith } from "../../../test/required.ts";
import {
  buildImage,
  ContainerError,
  removeByLabel,
  runLabel,
  type StartedContainer,
  startContainer,
} from "../src/container.ts";
import { packContext } from "../src/container-context.ts";
import { connectEngine } from "../src/container-engine.ts";

const image = testTag("minimal");

/** A server that says when it was started, and ends in order. */
const server = `
  const started = String(process.hrtime.bigint());
  const server = require("node:http").createServer((request, response) => response.end(started));
  process.on("SIGTERM", () => process.exit(7));
  server.listen(8000, () => console.log("listens since " + started));
  console.error("warms up");
`;
const node = (script: string) => ["node", "-e", script];

async function containersOf(run: string): Promise<string[]> {
  const { container } = await connectEngine();
  const found = await container.dockerode.listContainers({ all: true, filters: { label: [`${runLabel}=${run}`] } });
  return found.map(({ Id }) => Id);
}

/** What a server answers within a second; a rejection if nothing comes. */
async function ask(url: string): Promise<string> {
  const answer = await fetch(`${url}/health`, { signal: AbortSignal.timeout(1_000), headers: { connection: "close" } });
  return answer.text();
}

test.each([
  {
    name: "at the usual sockets",
    host: undefined,
    client: () => Promise.reject(new Error("no strategy")),
    message: /^no Docker engine answers at the usual sockets: start Docker, or set DOCKER_HOST$/,
  },
  {
    name: "at DOCKER_HOST, though one does elsewhere",
    host: "unix:///nonexistent",
    client: async () => ({ container: { dockerode: { modem: { socketPath: "/var/run/docker.sock" } } } }),
    message: /^no Docker engine answers at unix:\/\/\/nonexistent: start it, or set DOCKER_HOST to another one$/,
  },
])("says in one sentence that no engine answers $name, and what to try", async ({ host, client, message }) => {
  vi.stubEnv("DOCKER_HOST", host);
  vi.doMock("testcontainers", () => ({ getContainerRuntimeClient: client }));
  try {
    const outcome = startContainer("any", { run: "none" });
    await expect(outcome).rejects.toThrow(message);
    await expect(outcome).rejects.toBeInstanceOf(ContainerError);
  } finally {
    vi.doUnmock("testcontainers");
    vi.unstubAllEnvs();
  }
});

test.each([
  { name: "a file", spoil: (folder: string) => rmSync(join(folder, "z")) },
  { name: "a folder", spoil: (folder: string) => rmSync(join(folder, "folder"), { recursive: true }) },
  { name: "a link", spoil: (folder: string) => rmSync(join(folder, "link")) },
])("packs a folder from which $name vanishes meanwhile", async ({ spoil }) => {
  const folder = mkdtempSync(join(tmpdir(), "openenv-context-"));
  try {
    // More than the packing holds in memory: what comes after it is packed when somebody reads.
    writeFileSync(join(folder, "a"), randomBytes(2 ** 20));
    mkdirSync(join(folder, "folder"));
    for (const file of ["folder/file", "z", "zz"]) writeFileSync(join(folder, file), file);
    symlinkSync("a", join(folder, "link"));
    const { archive, packed } = packContext(folder);
    spoil(folder);
    const listed = execFileSync("tar", ["tz"], { input: await buffer(archive), encoding: "utf8" });
    await packed;
    const left = readdirSync(folder, { recursive: true, encoding: "utf8" });
    expect(
      listed
        .split("\n")
        .filter(Boolean)
        .map((path) => path.replace(/\/$/, "")),
    ).toEqual(left.sort());
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("says that a file shrinks while it is packed, instead of an end of the process", async () => {
  const folder = mkdtempSync(join(tmpdir(), "openenv-context-"));
  try {
    writeFileSync(join(folder, "a"), randomBytes(2 ** 22));
    const { archive, packed } = packContext(folder);
    archive.once("readable", () => truncateSync(join(folder, "a"), 1));
    await expect(packed).rejects.toThrow("Size mismatch");
    archive.destroy();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describeWith(["docker", "linux"], "containers", () => {
  beforeAll(async () => {
    await makeBase("minimal", false, () => undefined);
    await labelImage(baseName("minimal"), "minimal");
  }, 60_000);

  describeStart();
  describeLife();
  describeBuild();
});

function describeStart(): void {
  const run = randomUUID();
  afterEach(() => removeByLabel(run));

  test.each([
    {
      name: "an image that no registry has",
      image: "openenv-test.invalid/none:none",
      command: [],
      message: /^the image openenv-test\.invalid\/none:none is not here and cannot be pulled \(.+\): build it first/,
    },
    {
      name: "a server that ends at once",
      image,
      command: node("console.error('no task of that name'); process.exit(3)"),
      message: /ends at once, with exit code 3: .*its last lines were:\nno task of that name$/s,
    },
    {
      name: "a server that is never healthy",
      image,
      command: node("require('node:http').createServer((_, answer) => answer.writeHead(503).end()).listen(8000)"),
      message: /GET \/health on port 8000 .* did not answer 200 within 2000 ms \(last: .+\): check the port/,
    },
    {
      name: "a program that the image does not have",
      image,
      command: ["no-such-program"],
      message: /does not start \(.*no-such-program.*\): try it with docker run/,
    },
  ])("refuses $name, says why, and leaves nothing", async ({ image, command, message }) => {
    const outcome = startContainer(image, { run, command, healthTimeoutMs: 2_000 });
    await expect(outcome).rejects.toThrow(message);
    await expect(outcome).rejects.toBeInstanceOf(ContainerError);
    expect(await containersOf(run)).toEqual([]);
  });

  test("gives up when it is aborted, and leaves nothing", async () => {
    const controller = new AbortController();
    const outcome = startContainer(image, {
      run,
      command: node("setInterval(() => 0, 1000)"),
      signal: controller.signal,
    });
    await vi.waitUntil(async () => (await containersOf(run)).length === 1, { timeout: 20_000 });
    controller.abort(new Error("enough"));
    await expect(outcome).rejects.toThrow("enough");
    expect(await containersOf(run)).toEqual([]);
  });

  test("removes by label what a run has left, and what others have not", async () => {
    const other = `${run}-other`;
    const command = node(server);
    try {
      await Promise.all([startContainer(image, { run, command }), startContainer(image, { run: other, command })]);
      await removeByLabel(run);
      expect(await containersOf(run)).toEqual([]);
      expect(await containersOf(other)).toHaveLength(1);
    } finally {
      await removeByLabel(other);
    }
  });
}

function describeLife(): void {
  const run = randomUUID();
  let container: StartedContainer;
  let url: string;
  beforeAll(async () => {
    container = await startContainer(image, { run, command: node(server), env: { GREETING: "hello" } });
    url = container.url;
  });
  afterAll(() => removeByLabel(run));

  test("answers at its published port and at its own address, and shows what it wrote", async () => {
    const started = await ask(url);
    expect(await ask(container.bridgeUrl)).toBe(started);
    expect(await container.logs()).toContain(`listens since ${started}\n`);
    expect(await container.logs()).toContain("warms up\n");
    expect((await container.inspect()).Config.Env).toContain("GREETING=hello");
  });

  test("is silent while it is paused, and the same server after it", async () => {
    const before = await ask(url);
    await container.pause();
    await expect(ask(url)).rejects.toThrow();
    await container.unpause();
    expect(await ask(url)).toBe(before);
  });

  test("is out of reach while it is disconnected, and the same server at the same port after it", async () => {
    const before = await ask(url);
    await container.disconnect();
    await expect(ask(url)).rejects.toThrow();
    await container.connect();
    await vi.waitFor(async () => expect(await ask(url)).toBe(before), { timeout: 10_000 });
    expect(await ask(container.bridgeUrl)).toBe(before);
  });

  test("is another server at the same port after a restart", async () => {
    const before = await ask(url);
    await container.restart();
    expect(await ask(url)).not.toBe(before);
    expect(container.url).toBe(url);
    expect(await ask(container.bridgeUrl)).toBe(await ask(url));
  });

  test("stops with the exit code of its program, and is gone once disposed", async () => {
    expect(await container.stop()).toBe(7);
    await container[Symbol.asyncDispose]();
    expect(await containersOf(run)).toEqual([]);
    await container[Symbol.asyncDispose]();
  });
}

function describeBuild(): void {
  const folder = mkdtempSync(join(tmpdir(), "openenv-build-"));
  const tag = `openenv-test-build:${randomUUID()}`;
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    const { container } = await connectEngine();
    await container.dockerode.getImage(tag).remove({ force: true });
  });

  test("builds a folder's Dockerfile on the base image that it is given, without what .dockerignore names", async () => {
    writeFileSync(join(folder, "answer.txt"), "42");
    writeFileSync(join(folder, "secret.txt"), "hush");
    writeFileSync(join(folder, ".dockerignore"), "secret.*\n");
    const stages = [
      "ARG BASE_IMAGE=openenv-test.invalid/none",
      "FROM $BASE_IMAGE AS first",
      "COPY . /files",
      "FROM first",
    ];
    const show = 'RUN ["node", "-e", "console.log(require(\'fs\').readdirSync(\'/files\').sort().join())"]';
    writeFileSync(join(folder, "Dockerfile"), [...stages, "ARG WORD", show, "LABEL word=$WORD"].join("\n"));
    const lines: string[] = [];
    const onLine = (line: string) => void lines.push(line);
    expect(await buildImage(folder, { baseImage: image, tag, buildArgs: { WORD: "hello" }, onLine })).toBe(tag);
    expect(lines).toContain(".dockerignore,Dockerfile,answer.txt");
    const { container } = await connectEngine();
    expect((await container.dockerode.getImage(tag).inspect()).Config.Labels).toMatchObject({ word: "hello" });
  });

  test.each([
    {
      name: "a folder without a Dockerfile",
      file: "other",
      text: "",
      path: "",
      message: /^there is no Dockerfile at .*: give a Dockerfile, or a folder that has one$/,
    },
    {
      name: "a base image that no registry has",
      file: "Dockerfile",
      text: "FROM openenv-test.invalid/none:none",
      path: "Dockerfile",
      message:
        /^the image openenv-test\.invalid\/none:none is not here and cannot be pulled \(.+\): .*Dockerfile begins/,
    },
    {
      name: "a step that fails",
      file: "Dockerfile",
      text: `FROM ${image}\nRUN ["node", "-e", "console.log('halfway'); process.exit(3)"]`,
      path: "Dockerfile",
      message: /Dockerfile does not build \(.* returned a non-zero code: 3\): mend the step that failed; .*halfway/s,
    },
    {
      name: "an instruction that Docker does not know",
      file: "Dockerfile",
      text: `FROM ${image}\nFLY away`,
      path: "Dockerfile",
      message: /Dockerfile does not build \(.*unknown instruction: FLY\): mend the step that failed/i,
    },
    {
      name: "a Dockerfile that is not sent",
      file: ".dockerignore",
      text: "Dockerfile",
      path: "Dockerfile",
      message: /Dockerfile does not build: the context has no Dockerfile; take it out of \.dockerignore/,
    },
  ])("refuses $name, and says why", async ({ file, text, path, message }) => {
    const broken = mkdtempSync(join(folder, "broken-"));
    writeFileSync(join(broken, path || "other"), `FROM ${image}`);
    writeFileSync(join(broken, file), text);
    const outcome = buildImage(join(broken, path));
    await expect(outcome).rejects.toThrow(message);
    await expect(outcome).rejects.toBeInstanceOf(ContainerError);
  });
}

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { baseName, makeBase } from "../../../scripts/images/base.ts";
import { labelImage, testTag } from "../../../test/labelled-image.ts";
import { describeWith } from "../../../test/required.ts";
import { buildImage } from "../src/container.ts";
import { connectEngine } from "../src/container-engine.ts";

const bin = fileURLToPath(new URL("../src/bin.ts", import.meta.url));
const base = testTag("program-base");
const folder = mkdtempSync(join(tmpdir(), "openenv-program-"));
const started = new Set<ChildProcess>();

/** Answers `/health`, tells its arguments and one variable as its name, and keeps every other request waiting. */
const server = `
const answers = { "/health": { status: "healthy" } };
require("node:http").createServer((request, response) => {
  if (request.url in answers) response.setHeader("content-type", "application/json").end(JSON.stringify(answers[request.url]));
  else console.log("asked for " + request.url);
}).listen(8000);
console.log("told " + process.argv.slice(2).join() + " " + process.env.LEVEL);
`;
const failing = 'console.error("told " + process.argv.slice(1).join() + " " + process.env.LEVEL); process.exit(4)';

/** Writes a Dockerfile into a folder of its own, and resolves with the folder's path. */
function dockerfile(name: string, ...lines: readonly string[]): string {
  const path = mkdtempSync(join(folder, `${name}-`));
  writeFileSync(join(path, "server.js"), server);
  writeFileSync(join(path, "Dockerfile"), lines.join("\n"));
  return path;
}

/** Makes an image of this test run, and resolves with its name. */
async function makeImage(name: string, ...lines: readonly string[]): Promise<string> {
  return buildImage(dockerfile(name, `FROM ${base}`, ...lines), { tag: testTag(name) });
}

function start(args: readonly string[], env: Record<string, string> = {}): ChildProcess {
  const child = spawn(process.execPath, ["--conditions=source", bin, "server", ...args], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, ...env },
  });
  started.add(child);
  return child;
}

async function outcomeOf(child: ChildProcess): Promise<{ code: unknown; err: string }> {
  const exit = new Promise((resolve) => child.once("exit", resolve));
  const [err, code] = await Promise.all([child.stderr === null ? "" : text(child.stderr), exit]);
  return { code, err };
}

interface Refusal {
  name: string;
  args: () => readonly string[];
  env?: Record<string, string>;
  code: number;
  says: RegExp;
}

const refusals: readonly Refusal[] = [
  {
    name: "no engine where DOCKER_HOST says, though one is at the usual socket",
    args: () => ["--image", base],
    env: { DOCKER_HOST: "unix:///nonexistent" },
    code: 3,
    says: /^openenv-conformance: no Docker engine answers at unix:\/\/\/nonexistent: start it, or set DOCKER_HOST to another/,
  },
  {
    name: "an image that is not there",
    args: () => ["--image", "openenv-test.invalid/none"],
    code: 3,
    says: /: the image openenv-test\.invalid\/none is not here and cannot be pulled \(.+\): build it first/,
  },
  {
    name: "an image that ends at once, with the arguments and variables that it was given",
    args: () => ["--image", testTag("ends"), "--env", "LEVEL=a=b", "OTHER=", "--", "--max-sessions", "8"],
    code: 3,
    says: /ends at once, with exit code 4: .*\ntold first,--max-sessions,8 a=b\n$/s,
  },
  {
    name: "arguments for an image that runs a line for a shell",
    args: () => ["--image", testTag("shell"), "--", "--max-sessions", "8"],
    code: 3,
    says: /runs a line for a shell, which takes no arguments: set environment variables/,
  },
  {
    name: "a security option that the engine does not know",
    args: () => ["--image", testTag("ends"), "--security-opt", "fence=high"],
    code: 3,
    says: /does not start \(.*fence.*\): try it with docker run/,
  },
  {
    name: "a Dockerfile whose base image is not there",
    args: () => ["--dockerfile", dockerfile("baseless", "FROM openenv-test.invalid/none")],
    code: 3,
    says: /the image openenv-test\.invalid\/none is not here and cannot be pulled \(.+\): .* begins with it/,
  },
  {
    name: "a base image for the Dockerfile that is not there",
    args: () => [
      ...["--dockerfile", dockerfile("other-base", `ARG BASE_IMAGE=${base}`, "FROM $BASE_IMAGE")],
      ...["--base-image", "openenv-test.invalid/other"],
    ],
    code: 3,
    says: /the image openenv-test\.invalid\/other is not here and cannot be pulled/,
  },
  {
    name: "a Dockerfile with a step that fails",
    args: () => ["--dockerfile", dockerfile("fails", `FROM ${base}`, `RUN ["node", "-e", "process.exit(3)"]`)],
    code: 3,
    says: /does not build \(.*returned a non-zero code: 3\): mend the step that failed/,
  },
  {
    name: "a folder without a Dockerfile",
    args: () => ["--dockerfile", tmpdir()],
    code: 3,
    says: /there is no Dockerfile at .*: give a Dockerfile, or a folder that has one/,
  },
  {
    name: "variables for a server that runs already",
    args: () => ["--url", "localhost", "--env", "LEVEL=2"],
    code: 2,
    says: /: --env makes no difference without --image or --dockerfile$/m,
  },
  {
    name: "arguments for a server that runs already",
    args: () => ["--url", "localhost", "--", "--max-sessions"],
    code: 2,
    says: /: --max-sessions: arguments are for the command of --image or --dockerfile$/m,
  },
  {
    name: "a context for an image that is built already",
    args: () => ["--image", base, "--context", "."],
    code: 2,
    says: /: --context makes no difference without --dockerfile$/m,
  },
  {
    name: "a variable without a value",
    args: () => ["--image", base, "--env", "LEVEL"],
    code: 2,
    says: /It must be NAME=value/,
  },
];

describeWith(["docker", "linux"], "the program and containers", () => {
  beforeAll(async () => {
    await makeBase("minimal", false, () => undefined);
    await labelImage(baseName("minimal"), "program-base");
    await makeImage("ends", `ENTRYPOINT ["node", "-e", ${JSON.stringify(failing)}, "--"]`, 'CMD ["first"]');
    await makeImage("shell", 'CMD ["/bin/sh", "-c", "node server.js"]');
    await makeImage("mute", 'CMD ["node", "-e", "setInterval(() => 0, 1000)"]');
    await makeImage("waits", "COPY server.js /server.js", 'CMD ["node", "/server.js"]');
  }, 60_000);
  afterEach(() => {
    for (const child of started) child.kill("SIGKILL");
    started.clear();
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each(refusals)("$name is told in one sentence", async ({ args, env, code, says }) => {
    const result = await outcomeOf(start(args(), env));
    expect(result.err).toMatch(says);
    expect(result.err).not.toMatch(/a defect|^ +at /m);
    expect(result.code).toBe(code);
  });

  test.each([
    {
      when: "it builds",
      args: () => ["--dockerfile", slowFolder],
      begun: async () => (await containersOf(base, "running")).length > 0,
    },
    {
      when: "the container starts",
      args: () => ["--image", testTag("mute")],
      begun: async () => (await containersOf(testTag("mute"), "running")).length > 0,
    },
    {
      when: "the server is judged",
      args: () => ["--image", testTag("waits")],
      begun: async () => (await logsOf(testTag("waits"))).includes("asked for"),
    },
  ])("Ctrl-C while $when leaves no container", async ({ args, begun }) => {
    const child = start(args());
    const outcome = outcomeOf(child);
    // A container may be gone between two questions: the program takes another one where its port was taken.
    await vi.waitFor(async () => expect(await begun()).toBe(true), { timeout: 20_000, interval: 100 });
    child.kill("SIGINT");
    expect(await outcome).toEqual({ code: 130, err: "" });
    await vi.waitUntil(async () => (await containersOf(base)).length === 0, { timeout: 10_000 });
  });
});

const slowFolder = dockerfile("slow", `FROM ${base}`, 'RUN ["node", "-e", "setInterval(() => 0, 1000)"]');

/** The containers that come from an image, or from one that was built on it. */
async function containersOf(image: string, ...status: string[]): Promise<string[]> {
  const { container } = await connectEngine();
  const filters = { ancestor: [image], ...(status.length > 0 && { status }) };
  const found = await container.dockerode.listContainers({ all: true, filters });
  return found.map(({ Id }) => Id);
}

async function logsOf(image: string): Promise<string> {
  const { container } = await connectEngine();
  const [id] = await containersOf(image);
  if (id === undefined) return "";
  return String(await container.dockerode.getContainer(id).logs({ stdout: true, stderr: true, follow: false }));
}

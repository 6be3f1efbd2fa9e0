import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { decodeEpisodeRecord } from "@openenv/schema";
import { serve } from "@openenv/server/node";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { runCaptured } from "./captured.ts";
import counting from "./fixtures/counting/index.ts";
import { fixture, temporaryFolder } from "./folders.ts";
import { completion, fakeEndpoint } from "./model-endpoint.ts";

const variables = ["OPENAI_BASE_URL", "OPENAI_API_KEY", "OPENENV_MODEL"];
beforeEach(() => {
  for (const name of variables) vi.stubEnv(name, "");
});
afterEach(() => vi.unstubAllEnvs());

const where = fixture("counting");

describe("help", () => {
  test.each(["serve", "run", "inspect", "quickstart"])("of %s teaches by example", async (command) => {
    const { code, out } = await runCaptured(command, "--help");
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`\\nExamples?:\\n  openenv ${command} \\S+`));
  });

  test("names every command", async () => {
    const { code, out } = await runCaptured("--help");
    expect(code).toBe(0);
    expect(out).toMatch(/serve[\s\S]*run[\s\S]*inspect[\s\S]*quickstart/);
  });

  test("is shown, with exit code 2, where no command is given", async () => {
    await expect(runCaptured()).resolves.toMatchObject({ code: 2, err: expect.stringContaining("Usage: openenv") });
  });

  test("has a version", async () => {
    const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
    await expect(runCaptured("--version")).resolves.toMatchObject({ code: 0, out: `${version}\n` });
  });
});

describe("a mistake on the command line ends with 2, says what to do, and shows no stack", () => {
  test.each<[string, readonly string[], RegExp]>([
    ["an unknown command", ["serv"], /unknown command 'serv'\n\(Did you mean serve\?\)/],
    ["an unknown option", ["run", where, "--agnt", "oracle"], /unknown option '--agnt'\n\(Did you mean --agent\?\)/],
    ["a missing argument", ["inspect"], /missing required argument 'url'/],
    ["an unknown mode", ["serve", where, "--mode", "fast"], /Allowed choices are simulation, production/],
    ["a bad port", ["serve", where, "--port", "70000"], /whole number from 0 to 65535/],
    ["a bad timeout", ["serve", where, "--idle-timeout", "0"], /seconds above zero/],
    [
      "a reset that is no JSON",
      ["serve", where, "--mode", "production", "--reset", "{seed:1}"],
      /must be a JSON object, got \{seed:1\}\nFor example: --reset/,
    ],
    [
      "a reset that is no object",
      ["serve", where, "--mode", "production", "--reset", "[1]"],
      /must be a JSON object, got \[1\]/,
    ],
    [
      "a reset in simulation mode",
      ["serve", where, "--reset", "{}"],
      /is for production mode.*\nAdd --mode production/,
    ],
    [
      "an unknown agent",
      ["run", where, "--agent", "orakle"],
      /unknown agent "orakle"\nChoose oracle, empty, command or model/,
    ],
    ["no program for the command agent", ["run", where, "--agent", "command"], /needs a program\nAdd --command/],
    ["no model for the model agent", ["run", where, "--agent", "model"], /no model is configured\nSet OPENAI_BASE_URL/],
    ["no tasks for the oracle", ["run", fixture("no-tasks.ts")], /the oracle agent needs tasks\n.*--tasks/],
    ["no tasks for a quickstart", ["quickstart", fixture("no-tasks.ts")], /the oracle agent needs tasks/],
    [
      "a file of tasks that is not there",
      ["run", where, "--tasks", "nowhere.jsonl"],
      /cannot read the tasks: .*nowhere\.jsonl/,
    ],
    [
      "a place that cannot be written",
      ["run", where, "--out", "/nowhere/out.jsonl"],
      /cannot store episodes: .*\/nowhere\/out\.jsonl.*\nGive --out/,
    ],
    [
      "an environment that is not there",
      ["serve", "nowhere"],
      /cannot find an environment at "nowhere".*\nGive the folder/,
    ],
    ["something else than an environment", ["run", fixture("not-an-environment.ts")], /is no environment/],
    [
      "an environment that cannot be loaded",
      ["quickstart", fixture("throws.ts")],
      /cannot load .*the module failed\n.*node \S+throws\.ts/,
    ],
    [
      "an address without http:// to run on",
      ["run", "localhost:8000"],
      /"localhost:8000" is no address of a server\nDid you mean http:\/\/localhost:8000/,
    ],
    [
      "an address without http:// to inspect",
      ["inspect", "localhost:8000/x"],
      /Did you mean http:\/\/localhost:8000\/x/,
    ],
    ["an address that is none", ["inspect", "http://"], /"http:\/\/" is no address/],
    ["a path as an address to inspect", ["inspect", "envs/echo"], /An address begins with http:/],
    [
      "a host that is not here",
      ["serve", where, "--host", "198.51.100.1", "--port", "0"],
      /cannot listen: .*\nChoose another --host/,
    ],
    [
      "a Unix socket in a folder that is not there",
      ["serve", where, "--unix", "/nowhere/a.sock"],
      /cannot listen: .*\nChoose another path with --unix/,
    ],
  ])("%s", async (_, args, message) => {
    const { code, err } = await runCaptured(...args);
    expect(code).toBe(2);
    expect(err).toMatch(message);
    expect(err).not.toMatch(/\n {4}at /);
  });

  test("a port that is taken", async () => {
    await using listening = await serve(counting, { port: 0 });
    const { port } = new URL(listening.url);
    const { code, err } = await runCaptured("serve", where, "--port", port);
    expect(code).toBe(2);
    expect(err).toBe(`error: port ${port} is taken\nChoose another with --port, or 0 for a free one.\n`);
  });

  test("a Unix socket that is taken", async () => {
    const unix = join(temporaryFolder(), "a.sock");
    await using _listening = await serve(counting, { unix });
    const { code, err } = await runCaptured("serve", where, "--unix", unix);
    expect(code).toBe(2);
    expect(err).toContain("is taken by a server that runs\nChoose another path with --unix.");
  });

  test("a server in production mode, where nobody starts episodes", async () => {
    await using listening = await serve(counting, { port: 0, mode: "production" });
    const { code, err } = await runCaptured("run", listening.url, "--agent", "empty");
    expect(code).toBe(2);
    expect(err).toMatch(/is in production mode.*\n.*--mode simulation/);
  });
});

describe("a failure ends with 1, says what to do, and shows no stack", () => {
  test.each(["inspect", "run"])("%s where no server runs", async (command) => {
    const listening = await serve(counting, { port: 0 });
    await listening.close();
    const { code, err } = await runCaptured(command, listening.url);
    expect(code).toBe(1);
    expect(err).toMatch(/cannot reach .*\nIs the server running\? Start one with: openenv serve <environment>\n$/);
  });

  test.each(["inspect", "run"])("%s at a server that speaks something else", async (command) => {
    await using other = await fakeEndpoint(() => ({ body: "<html>" }));
    const { code, err } = await runCaptured(command, new URL(other.baseUrl).origin);
    expect(code).toBe(1);
    expect(err).toMatch(/error: .*\nIs this the address of an OpenEnv server\?/);
  });

  test("run at a server whose every session is taken", async () => {
    await using listening = await serve(counting, { port: 0, maxSessions: 1 });
    await listening.server.openSession();
    const { code, err } = await runCaptured("run", listening.url, "--agent", "empty");
    expect(code).toBe(1);
    expect(err).toMatch(/at capacity: 1\/1 .*\nUse fewer sessions \(--concurrency\)/);
  });

  test("run whose episode failed, after the others were played", async () => {
    const tasks = join(temporaryFolder(), "tasks.jsonl");
    writeFileSync(tasks, '{"id":"bad","oracle":[{"add":66}]}\n{"id":"good","oracle":[{"add":1}]}\n');
    const { code, out } = await runCaptured("run", where, "--tasks", tasks);
    expect(code).toBe(1);
    expect(out).toMatch(/bad +error +0 .*66 is refused\ngood +1 +1 /);
  });
});

describe("inspect", () => {
  test("shows health, metadata, schemas, tools and capacity, and takes no session", async () => {
    await using listening = await serve(counting, { port: 0, maxSessions: 3 });
    const { code, out } = await runCaptured("inspect", listening.url);
    expect(code).toBe(0);
    expect(out).toMatch(/^counting: Counts up to a target\.\nhealth {4}healthy\ncapacity {2}0 of 3 sessions in use\n/);
    expect(out).toMatch(/\nmode +simulation\n[\s\S]*\naction schema\n\{[\s\S]*"add"[\s\S]*\ntools\nnone\n$/);
  });

  test("prints JSON for programs", async () => {
    await using listening = await serve(counting, { port: 0 });
    const { code, out } = await runCaptured("inspect", listening.url, "--json");
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      health: { status: "healthy" },
      metadata: { name: "counting" },
      schema: { action: { required: ["add"] } },
      tools: [],
    });
  });

  test("does not let a server write to the terminal what a terminal obeys", async () => {
    const description = "calm\u001b[2J\u001b]0;title\u0007";
    await using listening = await serve({ ...counting, description }, { port: 0 });
    const { out } = await runCaptured("inspect", listening.url);
    expect(out).toContain("calm [2J ]0;title");
    expect(out).not.toContain("\u001b]0;");
  });
});

describe("run", () => {
  test("plays the environment's tasks in this process, a line for each", async () => {
    const { code, out } = await runCaptured("run", where);
    expect(code).toBe(0);
    expect(out).toMatch(/^oracle 1\/3 reach-\d: reward 1, \d steps, \d+\.\d\d s\noracle 2\/3 /);
    expect(out).toMatch(/\n3 episodes, mean reward 1 over 3 with a reward\n$/);
  });

  test("stores one valid record per line, in place of what the file held", async () => {
    const file = join(temporaryFolder(), "trajectories.jsonl");
    writeFileSync(file, "old\n");
    const { code, out } = await runCaptured("run", where, "--agent", "empty", "--episodes", "30", "--out", file);
    expect(code).toBe(0);
    expect(out).toContain(`stored: ${file}`);
    const lines = readFileSync(file, "utf8").trimEnd().split("\n");
    const records = lines.map((line) => decodeEpisodeRecord(JSON.parse(line)));
    expect(records).toHaveLength(30);
    expect(new Set(records.map(({ episode_id }) => episode_id)).size).toBe(30);
    expect(records.map(({ task }) => task?.id).sort()).toEqual([
      ...Array(10).fill("reach-1"),
      ...Array(10).fill("reach-2"),
      ...Array(10).fill("reach-3"),
    ]);
  });

  test.skipIf(!existsSync("/dev/full"))("shows the episodes that it could not store", async () => {
    const { code, out, err } = await runCaptured("run", where, "--agent", "empty", "--out", "/dev/full");
    expect(code).toBe(1);
    expect(out).toMatch(/mean reward 0 over \d with a reward\n$/);
    expect(err).toMatch(/^error: cannot store episodes in \/dev\/full: ENOSPC/);
  });

  test("leaves the stored episodes alone where nothing can be played", async () => {
    const file = join(temporaryFolder(), "trajectories.jsonl");
    writeFileSync(file, "precious\n");
    const { code } = await runCaptured("run", fixture("no-tasks.ts"), "--out", file);
    expect(code).toBe(2);
    expect(readFileSync(file, "utf8")).toBe("precious\n");
  });

  test("plays at a server, with the tasks of the environment that is told", async () => {
    await using listening = await serve(counting, { port: 0, maxSessions: 2 });
    const { code, out } = await runCaptured("run", listening.url, "--environment", where);
    expect(code).toBe(0);
    expect(out).toContain("3 episodes, mean reward 1 over 3");
  });

  test("plays one episode without a task where there are none", async () => {
    const { code, out } = await runCaptured("run", fixture("no-tasks.ts"), "--agent", "empty");
    expect(code).toBe(0);
    expect(out).toContain("1 episode, mean reward – over 0 with a reward");
  });

  test("plays with a program", async () => {
    const program = `"${process.execPath}" '${fixture("policies/counts.js")}'`;
    const { code, out } = await runCaptured("run", where, "--agent", "command", "--command", program);
    expect(code).toBe(0);
    expect(out).toContain("3 episodes, mean reward 1 over 3");
  });

  test("plays with the model that is configured", async () => {
    await using endpoint = await fakeEndpoint(() => completion('{"add": 1}'));
    vi.stubEnv("OPENAI_BASE_URL", endpoint.baseUrl);
    vi.stubEnv("OPENENV_MODEL", "tiny");
    const { code, out } = await runCaptured("run", where, "--agent", "model", "--seed", "1", "--episodes", "1");
    expect(code).toBe(0);
    expect(out).toContain("tiny 1/1 reach-1: reward 1");
  });

  test("does not load what a server's name leads to", async () => {
    const name = relative(resolve("envs"), fixture("leaves-a-mark.ts"));
    await using listening = await serve({ ...counting, name }, { port: 0 });
    const { code } = await runCaptured("run", listening.url, "--agent", "empty");
    expect(code).toBe(0);
    expect(globalThis).not.toHaveProperty("mark");
  });
});

describe("quickstart", () => {
  test("passes an environment whose oracle earns 1 and whose empty agent earns 0", async () => {
    const { code, out } = await runCaptured("quickstart", where);
    expect(code).toBe(0);
    expect(out).toMatch(/^counting is served at http:\/\/127\.0\.0\.1:\d+\n/);
    expect(out).toMatch(/\nreach-3 +1 +3 .* 0 +1 /);
    expect(out).toMatch(/\ntotal +3 +6 .* 0 +3 /);
    expect(out).toMatch(/\nNext:\n.*serve /);
  });

  test("fails an environment that rewards the empty agent, and says so", async () => {
    const { code, err } = await runCaptured("quickstart", fixture("generous.ts"));
    expect(code).toBe(1);
    expect(err).toContain("failed: the empty agent must earn 0, and does not at any");
  });

  test("also plays with the model that is configured", async () => {
    await using endpoint = await fakeEndpoint(() => completion('I add ```json\n{"add": 1}\n```'));
    vi.stubEnv("OPENAI_BASE_URL", endpoint.baseUrl);
    vi.stubEnv("OPENENV_MODEL", "tiny");
    const { code, out } = await runCaptured("quickstart", where);
    expect(code).toBe(0);
    expect(out).toMatch(/\ntask +oracle .* empty .* tiny +steps +time\n/);
    expect(out).toMatch(/\ntotal +3 +6 .* 0 +3 .* 3 +6 /);
    expect(endpoint.requests).toHaveLength(6);
  });
});

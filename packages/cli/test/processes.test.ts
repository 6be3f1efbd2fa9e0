import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { connect, inspect } from "@openenv/client";
import { decodeEpisodeRecord } from "@openenv/schema";
import { describe, expect, test } from "vitest";
import { fixture, temporaryFolder } from "./folders.ts";
import { addressOf, spawnOpenenv } from "./spawned.ts";

const where = fixture("counting");

describe("a process that serves", () => {
  test("tells its address, answers, and ends with 0 on SIGTERM", async () => {
    await using server = spawnOpenenv(["serve", where, "--port", "0", "--max-sessions", "2"]);
    const address = await addressOf(server);
    await using inspector = inspect(address);
    expect(server.text()).toBe(`counting at ${address} (simulation, at most 2 sessions)\n`);
    await expect(inspector.health()).resolves.toEqual({ status: "healthy", active_sessions: 0, max_sessions: 2 });
    server.kill("SIGTERM");
    await expect(server.exit).resolves.toEqual({ code: 0, signal: null });
  });

  test.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)(
    "lets a running step end on %s, then closes its sockets with 1012",
    async (signal) => {
      await using server = spawnOpenenv(["serve", where, "--port", "0"]);
      const client = await connect(await addressOf(server));
      await client.reset({ seed: 88 });
      const step = client.step({ add: 88 });
      await server.until(/the step waits for a line/);
      server.kill(signal);
      await server.until(/shutting down/);
      server.type("go on");
      await expect(step).resolves.toMatchObject({ observation: { count: 88 }, reward: 1, done: true });
      await expect(server.exit).resolves.toEqual({ code: 0, signal: null });
      await expect(client.state()).rejects.toThrow(/\(1012/);
      await client.close();
    },
  );

  test("ends at once with the second Ctrl-C", async () => {
    await using server = spawnOpenenv(["serve", where, "--port", "0"]);
    const client = await connect(await addressOf(server));
    const cut = expect(client.step({ add: 77 })).rejects.toThrow(/1006/);
    await client.server.health();
    server.kill("SIGINT");
    await server.until(/shutting down/);
    server.kill("SIGINT");
    await expect(server.exit).resolves.toEqual({ code: 130, signal: null });
    await cut;
    await client.close();
  });

  test("leaves no Unix socket, and takes over one that a killed server left", async () => {
    const unix = join(temporaryFolder(), "counting.sock");
    const first = spawnOpenenv(["serve", where, "--unix", unix]);
    await addressOf(first);
    await first[Symbol.asyncDispose]();
    expect(existsSync(unix)).toBe(true);

    await using second = spawnOpenenv([
      "serve",
      where,
      "--unix",
      unix,
      "--mode",
      "production",
      "--reset",
      '{"seed":2}',
    ]);
    expect(await addressOf(second)).toBe(`unix:${unix}`);
    await using inspector = inspect(`unix:${unix}`);
    await expect(inspector.metadata()).resolves.toMatchObject({ name: "counting", mode: "production" });
    second.kill("SIGTERM");
    await expect(second.exit).resolves.toEqual({ code: 0, signal: null });
    expect(existsSync(unix)).toBe(false);
  });
});

describe("a process that runs episodes", () => {
  test("plays at a server in another process", async () => {
    await using server = spawnOpenenv(["serve", where, "--port", "0"]);
    const file = join(temporaryFolder(), "trajectories.jsonl");
    const address = await addressOf(server);
    await using run = spawnOpenenv(["run", address, "--agent", "empty", "--episodes", "5", "--out", file]);
    await expect(run.exit).resolves.toEqual({ code: 0, signal: null });
    const lines = readFileSync(file, "utf8").trimEnd().split("\n");
    expect(lines.map((line) => decodeEpisodeRecord(JSON.parse(line)).end)).toEqual(Array(5).fill("done"));
  });

  /** Gives up at the target 1, and does something else at the others. */
  const policy = (otherwise: string): string =>
    `read -r line; case $line in *'"target":1'*) echo '{"add": 0}'; cat > /dev/null;; *) ${otherwise};; esac`;
  const threeInARow = ["--seed", "1", "--episodes", "3", "--concurrency", "1", "--environment", fixture("no-tasks.ts")];

  test("tells and keeps what it has played when it is interrupted", async () => {
    await using server = spawnOpenenv(["serve", where, "--port", "0"]);
    const file = join(temporaryFolder(), "trajectories.jsonl");
    const agent = ["--agent", "command", "--command", policy("sleep 1000")];
    await using run = spawnOpenenv(["run", await addressOf(server), ...agent, ...threeInARow, "--out", file]);
    await run.until(/command 1\/3/);
    run.kill("SIGINT");
    await expect(run.exit).resolves.toEqual({ code: 130, signal: null });
    expect(run.text()).toMatch(/1 episode, mean reward 0 over 1 [\s\S]*\ninterrupted by SIGINT\n$/);
    expect(readFileSync(file, "utf8").trimEnd().split("\n")).toHaveLength(1);
  });

  test("tells and keeps what it has played when its server dies", async () => {
    await using server = spawnOpenenv(["serve", where, "--port", "0"]);
    const file = join(temporaryFolder(), "trajectories.jsonl");
    const agent = ["--agent", "command", "--command", policy("echo '{\"add\": 77}'")];
    await using run = spawnOpenenv(["run", await addressOf(server), ...agent, ...threeInARow, "--out", file]);
    await run.until(/command 1\/3/);
    server.kill("SIGKILL");
    await expect(run.exit).resolves.toEqual({ code: 1, signal: null });
    expect(run.text()).toMatch(/2 episodes, mean reward 0 over 1 [\s\S]*\nIs the server running\?/);
    const lines = readFileSync(file, "utf8").trimEnd().split("\n");
    expect(lines.map((line) => decodeEpisodeRecord(JSON.parse(line)).error?.code)).toEqual([
      undefined,
      "transport:closed",
    ]);
  });

  test.each([
    [["run", fixture("hanging.ts")]],
    [["quickstart", fixture("hanging.ts")]],
    [["run", where, "--agent", "command", "--command", "echo waiting >&2; sleep 1000"]],
  ])("ends with 130 on Ctrl-C, in one line and without a stack: %j", async (args) => {
    await using run = spawnOpenenv(args);
    await run.until(/waiting/);
    run.kill("SIGINT");
    await expect(run.exit).resolves.toEqual({ code: 130, signal: null });
    expect(run.text()).toMatch(/^(hanging is served at \S+\n\n)?(waiting\n)+interrupted by SIGINT\n$/);
  });

  test("ends although a module left a timer behind", async () => {
    await using run = spawnOpenenv(["run", where, "--agent", "empty"]);
    await expect(run.exit).resolves.toEqual({ code: 0, signal: null });
  });
});

test("a process whose reader is gone ends without a stack", async () => {
  await using run = spawnOpenenv(["run", where, "--agent", "empty", "--episodes", "2000"]);
  run.closeOutput();
  await run.exit;
  expect(run.text()).not.toContain("EPIPE");
});

import { randomUUID } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { describeWith } from "../../../test/required.ts";
import { type Cell, openSandbox, type PreparedProgram, type Sandbox, SandboxError } from "../src/index.ts";
import { firstLine, outcome, processesWith } from "./host.ts";

const limits = { memoryBytes: 1024 ** 3, addressSpaceBytes: 8 * 1024 ** 3 };

test("a tier of another name is refused, and the names are told", async () => {
  const refusal = openSandbox("docker");
  await expect(refusal).rejects.toThrow(SandboxError);
  await expect(refusal).rejects.toMatchObject({ reason: "unknown_tier", message: /auto, bubblewrap or none/ });
});

test("auto never gives no isolation", async () => {
  const tier = openSandbox("auto").then(async (sandbox) => {
    await sandbox.close();
    return sandbox.tier;
  });
  await expect(tier.catch((error) => error.reason)).resolves.toMatch(/^(bubblewrap|unavailable)$/);
});

describe("without isolation", () => {
  let sandbox: Sandbox;
  let node: PreparedProgram;
  let cell: Cell;

  beforeAll(async () => {
    sandbox = await openSandbox("none");
    node = await sandbox.prepare(process.execPath);
    cell = await sandbox.createCell();
  });
  afterAll(() => sandbox.close());

  test("no guarantee of isolation is claimed", () => {
    expect(sandbox.guarantees).toMatchObject({
      network_denied: false,
      own_pid_namespace: false,
      own_uid: false,
      filesystem_confined: false,
      no_process_survives: false,
    });
  });

  test("a program has its streams, its extra pipes and an environment of its own", async () => {
    const script = `
      const fs = require("node:fs");
      fs.writeSync(4, fs.readFileSync(3));
      console.log(process.env.GREETING, process.env.PATH);
      console.error("to stderr");
      process.exit(7);`;
    const program = await cell.start(node, { args: ["-e", script], env: { GREETING: "hello" }, extraPipes: 2, limits });
    program.pipes[0]?.end("over the pipe");
    const [reply, { stdout, stderr, code }] = await Promise.all([
      program.pipes[1]?.toArray().then((chunks) => chunks.join("")),
      outcome(program),
    ]);
    expect({ reply, stdout, stderr, code }).toEqual({
      reply: "over the pipe",
      stdout: "hello undefined\n",
      stderr: "to stderr\n",
      code: 7,
    });
  });

  test("a signal is told as 128 and its number", async () => {
    const program = await cell.start(node, { args: ["-e", "process.kill(process.pid, 'SIGTERM')"], limits });
    expect((await outcome(program)).code).toBe(143);
  });

  test("each program starts in an empty folder, which its end deletes", async () => {
    const program = await cell.start(node, {
      args: ["-e", "console.log(process.cwd(), fs.readdirSync('.').length)"],
      limits,
    });
    const [folder = "", entries] = (await outcome(program)).stdout.trim().split(" ");
    expect(entries).toBe("0");
    expect(() => readdirSync(folder)).toThrow("ENOENT");
  });

  test.each([
    ["memoryBytes", 0],
    ["processes", -1],
    ["fileBytes", 1.5],
    ["cpuTimeMs", Number.NaN],
  ])("a limit %s of %d is refused", async (name, value) => {
    await expect(cell.start(node, { limits: { [name]: value } })).rejects.toThrow(RangeError);
  });

  test("a command that is not there is refused by name", async () => {
    await expect(sandbox.prepare("/nowhere/interpreter")).rejects.toThrow("/nowhere/interpreter");
  });

  test("after dispose nothing starts", async () => {
    const disposed = await sandbox.createCell();
    await disposed.dispose();
    await expect(disposed.start(node)).rejects.toMatchObject({ reason: "closed" });
  });

  test("after close no cell opens", async () => {
    const closed = await openSandbox("none");
    await closed.close();
    await expect(closed.createCell()).rejects.toMatchObject({ reason: "closed" });
  });
});

describeWith(["linux"], "without isolation, on Linux", () => {
  test("dispose ends also what left the process group, and deletes the folder", async () => {
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith("openenv-cell-"));
    const sandbox = await openSandbox("none");
    const node = await sandbox.prepare(process.execPath);
    const cell = await sandbox.createCell();
    const mark = randomUUID();
    const script = `
      const { spawn } = require("node:child_process");
      const forever = "setInterval(() => {}, 1000) // ${mark}";
      for (const detached of [true, false]) spawn(process.execPath, ["-e", forever], { detached, stdio: "ignore" }).unref();
      console.log("started");
      setInterval(() => {}, 1000);`;
    const program = await cell.start(node, { args: ["-e", script], limits });
    await firstLine(program.stdout);
    await vi.waitFor(() => expect(processesWith(mark)).toHaveLength(3), { timeout: 20_000 });
    await cell.dispose();
    expect(processesWith(mark)).toEqual([]);
    await sandbox.close();
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith("openenv-cell-"))).toEqual(before);
  });

  test("files beyond the limit are refused", async () => {
    const sandbox = await openSandbox("none");
    const node = await sandbox.prepare(process.execPath);
    const cell = await sandbox.createCell();
    const folder = mkdtempSync(join(tmpdir(), "openenv-test-"));
    const file = join(folder, "large");
    const script = `try { fs.writeFileSync(${JSON.stringify(file)}, Buffer.alloc(200_000)) } catch (e) { console.log(e.code) }`;
    const program = await cell.start(node, { args: ["-e", script], limits: { ...limits, fileBytes: 100_000 } });
    expect((await outcome(program)).stdout).toBe("EFBIG\n");
    await sandbox.close();
    rmSync(folder, { recursive: true });
  });
});

import { spawn } from "node:child_process";
import { chmodSync, copyFileSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { describeWith } from "../../../test/required.ts";
import { type Cell, openSandbox, type PreparedProgram, type Sandbox } from "../src/index.ts";
import { firstLine, outcome, processesOf, read } from "./host.ts";

const MiB = 1024 * 1024;
const limits = { memoryBytes: 1024 * MiB, addressSpaceBytes: 8192 * MiB };

let sandbox: Sandbox;
let node: PreparedProgram;
let cell: Cell;

async function open() {
  sandbox = await openSandbox("bubblewrap");
  node = await sandbox.prepare(process.execPath);
  cell = await sandbox.createCell();
}

async function run(script: string, options: Partial<typeof limits & { processes: number; fileBytes: number }> = {}) {
  const program = await cell.start(node, { args: ["-e", script], limits: { ...limits, ...options } });
  return outcome(program);
}

describeWith(["bubblewrap"], "bubblewrap", () => {
  beforeAll(open);
  afterAll(() => sandbox.close());

  test("the network of the host is not there", async () => {
    const server = createServer((socket) => socket.end("reached"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" ? address?.port : 0;
    const script = `require("node:net").connect(${port}, "127.0.0.1").on("data", String).on("error", (e) => console.log(e.code))`;
    expect((await run(script)).stdout).toBe("ECONNREFUSED\n");
    server.close();
  });

  test("only its own processes are there, and nothing of the host's environment", async () => {
    const script = `
      const pids = fs.readdirSync("/proc").filter((name) => /^\\d+$/.test(name));
      console.log(JSON.stringify([pids, process.pid, process.ppid, Object.keys(process.env).sort()]));`;
    expect(JSON.parse((await run(script)).stdout)).toEqual([["1"], 1, 0, ["HOME", "PWD", "TMPDIR"]]);
  });

  test("only the interpreter and an empty work folder are there", async () => {
    const paths = [
      "/etc/passwd",
      "/etc/hostname",
      "/sys",
      "/usr/bin/env",
      "/bin/sh",
      process.cwd(),
      import.meta.filename,
    ];
    const script = `
      const there = ${JSON.stringify(paths)}.filter((path) => fs.existsSync(path));
      console.log(JSON.stringify([there, fs.readdirSync("."), fs.readdirSync("/tmp"), process.cwd()]));`;
    const [there, work, temporary, folder] = JSON.parse((await run(script)).stdout);
    // The folders above a Node that lives in the checkout appear, empty but for the path to it.
    expect(there.filter((path: string) => path !== process.cwd())).toEqual([]);
    const aboveNode = process.execPath.startsWith("/tmp/") ? process.execPath.split("/").slice(2, 3) : [];
    expect([work, temporary, folder]).toEqual([[], aboveNode, "/cell"]);
  });

  test("nothing outside the work and temporary folders can be written", async () => {
    const folders = ["/", "/usr", "/dev", "/proc", "/etc", "/cell", "/tmp", "/dev/shm"];
    const script = `
      const writable = ${JSON.stringify(folders)}.filter((folder) => {
        try { fs.writeFileSync(folder + "/probe", ""); return true } catch { return false }
      });
      console.log(JSON.stringify(writable));`;
    expect(JSON.parse((await run(script)).stdout)).toEqual(["/cell", "/tmp", "/dev/shm"]);
  });

  test("memory outside the heap of Node is limited too", async () => {
    const script = `
      const held = [];
      try { for (;;) held.push(Buffer.alloc(${16 * MiB}, 1)) } catch { console.log(held.length * 16) }`;
    const megabytes = Number((await run(script)).stdout);
    expect(megabytes).toBeGreaterThan(0);
    expect(megabytes).toBeLessThan(1024);
  });

  test("a heap that grows without end stops the program", async () => {
    const { code, stdout } = await run(
      "const a = []; for (;;) a.push(new Array(1000).fill({})); console.log('survived')",
    );
    expect(code).not.toBe(0);
    expect(stdout).toBe("");
  });

  test("a fork bomb is contained", async () => {
    const script = `
      const { spawn } = require("node:child_process");
      let started = 0;
      const next = () => {
        const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
        child.on("spawn", () => { started++; next(); });
        child.on("error", (e) => { console.log(e.code, started); process.exit(0); });
      };
      next();`;
    const { stdout } = await run(script, { processes: 40 });
    expect(stdout).toMatch(/^EAGAIN \d\d?\n$/);
  });

  test("a large file is stopped, and so is a full work folder", async () => {
    const script = `
      const tried = (work) => { try { work(); return "written" } catch (e) { return e.code } };
      console.log(tried(() => fs.writeFileSync("large", Buffer.alloc(${2 * MiB}))));
      console.log(tried(() => { for (let i = 0; i < 200; i++) fs.writeFileSync("f" + i, Buffer.alloc(${MiB})) }));`;
    expect((await run(script, { fileBytes: MiB })).stdout).toBe("EFBIG\nENOSPC\n");
  });

  test("programs of one cell run together, each with its own work folder", async () => {
    const script = `
      fs.writeFileSync("mine", "");
      process.stdin.on("data", () => { console.log(fs.readdirSync(".").join()); process.exit(); });
      console.log("ready");`;
    const programs = await Promise.all([1, 2].map(() => cell.start(node, { args: ["-e", script], limits })));
    for (const program of programs) program.stdin.write("\n");
    const outputs = await Promise.all(programs.map((program) => outcome(program)));
    expect(outputs.map(({ stdout }) => stdout)).toEqual(["ready\nmine\n", "ready\nmine\n"]);
  });

  test("kill leaves nothing, also where programs left their session or are stopped", async () => {
    const own = await sandbox.createCell();
    const script = `
      const { spawn } = require("node:child_process");
      for (let i = 0; i < 2; i++) spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { detached: true, stdio: "ignore" });
      console.log("started");
      process.kill(process.pid, "SIGSTOP");
      setInterval(() => {}, 1000);`;
    const program = await own.start(node, { args: ["-e", script], limits: { ...limits, processes: 64 } });
    await firstLine(program.stdout);
    const namespace = read(program.pid, "status").match(/^NSpid:.*/m)?.[0];
    expect(namespace).toMatch(/\t1$/);
    await program.kill();
    expect(await program.exited).toBe(137);
    expect(read(program.pid, "status")).toBe("");
    await own.dispose();
  });

  test("a cell that is disposed while a program starts leaves none", async () => {
    const own = await sandbox.createCell();
    const starting = own.start(node, { args: ["-e", "setInterval(() => {}, 1000)"], limits });
    await own.dispose();
    expect(await (await starting).exited).toBe(137);
  });

  test.each(["bubblewrap"])("programs end when the server is killed, under %s", async (tier) => {
    const fixture = join(import.meta.dirname, "fixtures/server.ts");
    const args = ["--conditions=source", fixture, tier, "console.log('up'); setInterval(() => {}, 1000)"];
    const server = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    const pid = Number(await firstLine(server.stdout));
    const before = read(pid, "cmdline");
    server.kill("SIGKILL");
    expect(before).toContain("setInterval");
    await vi.waitFor(() => expect(read(pid, "stat")).not.toMatch(/\) [^ZX]/), { timeout: 20_000 });
  });

  test("fds that the server inherited do not reach the program", async () => {
    const fixture = join(import.meta.dirname, "fixtures/server.ts");
    const script =
      "console.log(fs.readdirSync('/proc/self/fd').map((fd) => { try { return fs.readlinkSync('/proc/self/fd/' + fd) } catch { return '' } }).join())";
    const secret = import.meta.filename;
    const fd = (await import("node:fs")).openSync(secret, "r");
    const args = ["--conditions=source", fixture, "bubblewrap", script];
    const server = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit", fd, "ignore", fd] });
    const output = (await server.stdout?.toArray())?.join("");
    expect(output).toContain("socket:");
    expect(output).not.toContain(secret);
  });
});

describeWith(["bubblewrap", "root"], "bubblewrap under a server that is root", () => {
  beforeAll(open);
  afterAll(() => sandbox.close());

  test("programs have a user of the host that no other cell has, and no way up", async () => {
    const other = await sandbox.createCell();
    const wait = { args: ["-e", "console.log('up'); setInterval(() => {}, 1000)"], limits };
    const [first, second] = await Promise.all([cell.start(node, wait), other.start(node, wait)]);
    await Promise.all([firstLine(first.stdout), firstLine(second.stdout)]);
    const uids = [first, second].map(({ pid }) => read(pid, "status").match(/^Uid:\t(\d+)\t\1\t\1\t\1$/m)?.[1]);
    expect(uids).toEqual([String(cell.uid), String(other.uid)]);
    expect(cell.uid).not.toBe(other.uid);
    expect(cell.uid).toBeGreaterThan(60_000);
    expect(read(first.pid, "status")).toMatch(/^NoNewPrivs:\t1$/m);
    expect(read(first.pid, "status")).toMatch(/^CapBnd:\t0+$/m);
    expect(read(first.pid, "status")).toMatch(/^Seccomp:\t2$/m);
    await other.dispose();
    expect(processesOf(Number(uids[1]))).toEqual([]);
    await first.kill();
    expect(processesOf(Number(uids[0]))).toEqual([]);
  });

  test("an interpreter in a folder that only root can enter runs, and the folder stays closed", async () => {
    const home = mkdtempSync("/tmp/openenv-test-");
    chmodSync(home, 0o700);
    const command = join(home, "node");
    copyFileSync(process.execPath, command);
    copyFileSync(import.meta.filename, join(home, "secret"));
    const hidden = await sandbox.prepare(command);
    const program = await cell.start(hidden, { args: ["-e", `console.log(fs.readdirSync("${home}").join())`], limits });
    expect(await outcome(program)).toEqual({ stdout: "node\n", stderr: "", code: 0 });
    rmSync(home, { recursive: true });
  });

  test("close leaves no folder", async () => {
    const folders = () => readdirSync("/tmp").filter((name) => name.startsWith("openenv-sandbox-")).length;
    const before = folders();
    const closing = await openSandbox("bubblewrap");
    expect(folders()).toBe(before + 1);
    await closing.close();
    expect(folders()).toBe(before);
  });
});

describeWith(["bubblewrap", "python3"], "bubblewrap with Python", () => {
  beforeAll(open);
  afterAll(() => sandbox.close());

  const prepare = async () => {
    const { execFileSync } = await import("node:child_process");
    const ask =
      "import os, sys, sysconfig; print(os.path.realpath(sys.executable)); print(sysconfig.get_paths()['stdlib'])";
    const [command = "", library = ""] = execFileSync("python3", ["-I", "-c", ask], { encoding: "utf8" }).split("\n");
    return sandbox.prepare(command, [library]);
  };

  test("a fork bomb of real forks is contained", async () => {
    const bomb =
      "import os\nn = 0\ntry:\n  while os.fork(): n += 1\n  os.pause() if hasattr(os, 'pause') else __import__('signal').pause()\nexcept OSError as e:\n  print(e.errno, n)";
    const program = await cell.start(await prepare(), { args: ["-I", "-S", "-c", bomb], limits: { processes: 12 } });
    expect((await outcome(program)).stdout).toBe("11 11\n");
  });

  test.each([
    ["memory that no limit counts", "os.memfd_create('x')", "PermissionError"],
    ["tracing", "check(ctypes.CDLL(None, use_errno=True).ptrace(0, 0, 0, 0))", "errno 1"],
    ["System V memory", "check(ctypes.CDLL(None, use_errno=True).shmget(0, 4096, 0o1600))", "errno 1"],
    ["new user namespaces", "check(ctypes.CDLL(None, use_errno=True).unshare(0x10000000))", "errno 28"],
    ["mounting", "check(ctypes.CDLL(None, use_errno=True).mount(b'x', b'/tmp', b'tmpfs', 0, 0))", "errno 1"],
    ["a large block", "bytearray(1 << 30)", "MemoryError"],
    ["becoming root", "os.setuid(0)", "Invalid argument"],
  ])("%s is refused", async (_what, expression, refusal) => {
    const script = `
import ctypes, os
def check(result):
    if result == -1: raise SystemExit(f"errno {ctypes.get_errno()}")
${expression}`;
    const program = await cell.start(await prepare(), { args: ["-I", "-S", "-c", script] });
    const { stderr, code } = await outcome(program);
    expect(stderr).toContain(refusal);
    expect(code).toBe(1);
  });
});

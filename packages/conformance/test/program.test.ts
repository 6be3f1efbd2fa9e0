import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBroken } from "./peers/broken.ts";
import { type RightPeer, rightPeers } from "./peers/right.ts";

const bin = fileURLToPath(new URL("../src/bin.ts", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "conformance-"));
let right: RightPeer;
/** Takes connections and never answers. */
let mute: Server;
const held = new Set<Socket>();

beforeAll(async () => {
  right = await rightPeers.workbench();
  mute = createServer((socket) => held.add(socket)).listen(0, "127.0.0.1");
  await new Promise((resolve) => mute.once("listening", resolve));
});
afterAll(async () => {
  await right[Symbol.asyncDispose]();
  for (const socket of held) socket.destroy();
  mute.close();
  rmSync(folder, { recursive: true });
});

function start(args: readonly string[]) {
  return spawn(process.execPath, ["--conditions=source", bin, ...args], { stdio: ["ignore", "pipe", "pipe"] });
}

async function run(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = start(args);
  const exit = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
  return { code, out, err };
}

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const oneCheck = ["--only", "ws.unknown-type"];

test("a server that conforms is told so, with exit code 0", async () => {
  const { code, out } = await run("server", "--url", right.url, ...oneCheck);
  expect(out).toContain("no session left behind (0 before, 0 after)");
  expect(out).toContain("conforms: 1 passed");
  expect(code).toBe(0);
});

test("a server that does not conform is told what, with exit code 1 and all reports", async () => {
  await using broken = await openBroken(right.url, {
    toClient: (each) => each.replace("UNKNOWN_TYPE", "NO_SUCH_TYPE"),
  });
  const paths = Object.fromEntries(
    ["json", "junit", "html", "badge"].map((kind) => [kind, join(folder, `report.${kind}`)]),
  );
  const files = Object.entries(paths).flatMap(([kind, path]) => [`--${kind}`, path]);
  const { code, out } = await run("server", "--url", broken.url, ...oneCheck, ...files);
  expect(out).toContain("✗ ws.unknown-type");
  expect(code).toBe(1);
  const read = (kind: string): string => readFileSync(paths[kind] ?? "", "utf8");
  expect(JSON.parse(read("json"))).toMatchObject({ passed: false, summary: { fail: 1 } });
  expect(read("junit")).toContain('failures="1"');
  expect(read("html")).toContain("does not conform");
  expect(read("badge")).toContain("1 failure");
});

test("a known failure is expected, and one that passes fails the run", async () => {
  const known = file("known.yaml", "ws.unknown-type: answers with a code of its own\n");
  await using broken = await openBroken(right.url, {
    toClient: (each) => each.replace("UNKNOWN_TYPE", "NO_SUCH_TYPE"),
  });
  expect(await run("server", "--url", broken.url, ...oneCheck, "--known-failures", known)).toMatchObject({ code: 0 });
  const { code, out } = await run("server", "--url", right.url, ...oneCheck, "--known-failures", known);
  expect(out).toContain("ws.unknown-type passes now");
  expect(code).toBe(1);
});

test("the report as JSON on standard output is nothing but JSON", async () => {
  const { out } = await run("server", "--url", right.url, ...oneCheck, "--json", "-");
  expect(JSON.parse(out)).toMatchObject({ passed: true });
});

test("two runs with one seed send the same actions", async () => {
  const args = ["server", "--url", right.url, "--only", "ws.step-answer", "--seed", "7", "--json", "-"];
  const findings = (out: string) => JSON.parse(out).findings.map((each: object) => ({ ...each, duration_ms: 0 }));
  const [first, second] = [await run(...args), await run(...args)];
  expect(findings(first.out)).toEqual(findings(second.out));
});

const cannotRun: [string, () => string[], number, RegExp][] = [
  [
    "an address where nobody listens",
    () => ["server", "--url", "http://127.0.0.1:1"],
    3,
    /no server answers at .*ECONNREFUSED.*Is it running/,
  ],
  [
    "a server that accepts and never answers",
    () => ["server", "--url", `127.0.0.1:${port()}`, "--timeout", "1"],
    3,
    /no answer within 1 seconds/,
  ],
  ["an address of another protocol", () => ["server", "--url", "ftp://example.org"], 2, /no address of an HTTP server/],
  ["no server", () => ["server"], 2, /name one server/],
  ["two servers", () => ["server", "--url", "localhost", "--image", "x"], 2, /name one server/],
  ["an unknown profile", () => ["server", "--url", "localhost", "--profile", "all"], 2, /Allowed choices are core/],
  [
    "an unknown requirement",
    () => ["server", "--url", right.url, "--only", "ws.nothing"],
    2,
    /there is no requirement ws.nothing/,
  ],
  [
    "an actions file that is not there",
    () => ["server", "--url", right.url, "--actions", "/no/such"],
    2,
    /no such file/,
  ],
  [
    "an unknown entry in the actions file",
    () => ["server", "--url", right.url, "--actions", file("a.yaml", "vaild: []")],
    2,
    /no entry vaild; it has reset, .*valid/,
  ],
  [
    "a known failure without evidence",
    () => ["server", "--url", right.url, "--known-failures", file("k.yaml", "ws.binary:")],
    2,
    /must say what the peer does instead/,
  ],
  [
    "a report that cannot be written",
    () => ["server", "--url", right.url, ...oneCheck, "--html", "/no/such/folder/x"],
    3,
    /could not be written/,
  ],
  ["an unknown option", () => ["server", "--ulr", "localhost"], 2, /unknown option '--ulr'/],
];

function port(): number {
  const address = mute.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

test.each(cannotRun)("%s is told with its cause", async (_, args, code, message) => {
  const result = await run(...args());
  expect(result.err).toMatch(message);
  expect(result.err.trim().split("\n").length).toBeLessThanOrEqual(3);
  expect(result.code).toBe(code);
});

test("Ctrl-C ends a run in order, with exit code 130", async () => {
  const child = start(["server", "--url", `127.0.0.1:${port()}`]);
  const exit = new Promise((resolve) => child.once("exit", resolve));
  const connected = held.size;
  await expect.poll(() => held.size, { timeout: 20_000 }).toBeGreaterThan(connected);
  child.kill("SIGINT");
  expect(await exit).toBe(130);
});

import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "spec-"));
  cpSync(join(root, "spec"), folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

function edit(file: string, change: (text: string) => string): void {
  const path = join(folder, file);
  writeFileSync(path, change(readFileSync(path, "utf8")));
}

function check(): { status: number | null; said: string } {
  const args = ["--conditions=source", "scripts/requirements.ts", "--check", "--spec", folder];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
  return { status, said: stdout + stderr };
}

const sentence = "**ws.teleport** A server MUST NOT teleport.";

test("the specification as it stands passes", () => {
  expect(check()).toMatchObject({ status: 0 });
});

const faults: [string, () => void, RegExp][] = [
  [
    "a requirement without a check",
    () => edit("websocket.md", (text) => `${text}\n${sentence}\n`),
    /ws.teleport has neither a check nor a reason/,
  ],
  [
    "a check of a requirement that is gone, or misspelt",
    () => edit("websocket.md", (text) => text.replace("**ws.unknown-type**", "**ws.unknwon-type**")),
    /ws.unknown-type is named by a check or a reason, and is no requirement/,
  ],
  [
    "an id that is given twice",
    () => edit("http.md", (text) => `${text}\n**ws.endpoint** A server MUST repeat itself.\n`),
    /ws.endpoint is given twice/,
  ],
  [
    "a sentence with two key words",
    () =>
      edit("websocket.md", (text) =>
        text.replace("**ws.endpoint** A server MUST", "**ws.endpoint** A server MUST and SHOULD"),
      ),
    /ws.endpoint has 2 key words/,
  ],
  [
    "a stale index",
    () => edit("requirements.json", (text) => text.replace("MUST", "SHOULD")),
    /requirements.json is stale/,
  ],
  [
    "a reason without words",
    () => edit("untested.yaml", (text) => `${text}\nws.teleport:\n`),
    /ws.teleport needs a reason/,
  ],
  [
    "a reason for a requirement that has a check",
    () => edit("untested.yaml", (text) => `${text}\nws.endpoint: It is too hard.\n`),
    /ws.endpoint has a check; take its reason out/,
  ],
];

test.each(faults)("%s fails the check of the specification", (_, fault, complaint) => {
  fault();
  const { status, said } = check();
  expect(said).toMatch(complaint);
  expect(status).toBe(1);
});

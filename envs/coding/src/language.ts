import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Limits, PreparedProgram, Sandbox } from "@openenv/sandbox";
import type { Language } from "./task.ts";

const MiB = 1024 * 1024;
const runners = fileURLToPath(new URL("../runner", import.meta.url));

/** How programs of one language are started. */
export interface Runtime {
  readonly language: Language;
  readonly program: PreparedProgram;
  /** Arguments that run code submitted in the language. */
  readonly interpreter: readonly string[];
  /** Arguments that run a test that is code. */
  readonly checker: readonly string[];
  readonly limits: Limits;
  readonly env: Readonly<Record<string, string>>;
}

export type Runtimes = Partial<Record<Language, Runtime>>;

/** The languages this machine has an interpreter for. Node is always there. */
export async function findRuntimes(sandbox: Sandbox): Promise<Runtimes> {
  const [python, javascript] = await Promise.all([findPython(sandbox), findNode(sandbox)]);
  return { ...(python !== undefined && { python }), javascript };
}

async function findNode(sandbox: Sandbox): Promise<Runtime> {
  const flags = ["--max-old-space-size=256", "--no-warnings"];
  return {
    language: "javascript",
    program: await sandbox.prepare(process.execPath, [runners]),
    interpreter: [...flags, `${runners}/interpreter.mjs`],
    checker: [...flags, `${runners}/checker.mjs`],
    // Node reserves much more than it uses: this leaves it about 450 MiB, and threads count as processes.
    limits: { memoryBytes: 1024 * MiB, addressSpaceBytes: 8192 * MiB, processes: 48 },
    env: {},
  };
}

async function findPython(sandbox: Sandbox): Promise<Runtime | undefined> {
  const installation = await askPython();
  if (installation === undefined) return undefined;
  const { executable, path } = installation;
  const zones = "/usr/share/zoneinfo";
  const readable = [runners, ...path, ...(existsSync(zones) ? [zones] : [])];
  // Without `site`, which would run every .pth file of the installation; its packages are added to the path instead.
  const flags = ["-I", "-S", "-B"];
  const packages = path.filter((folder) => folder.endsWith("-packages"));
  return {
    language: "python",
    program: await sandbox.prepare(executable, readable),
    interpreter: [...flags, `${runners}/interpreter.py`, ...packages],
    checker: [...flags, `${runners}/checker.py`, ...packages],
    limits: { memoryBytes: 512 * MiB, processes: 32 },
    env: { LC_ALL: "C.UTF-8" },
  };
}

interface PythonInstallation {
  /** The real file: `python3` itself may be a shell script or a link. */
  executable: string;
  path: string[];
}

const question = `
import os, sys
print(os.path.realpath(sys.executable))
for folder in sys.path:
    if os.path.isdir(folder): print(folder)
`;

async function askPython(): Promise<PythonInstallation | undefined> {
  try {
    const { stdout } = await promisify(execFile)("python3", ["-I", "-c", question]);
    const [executable = "", ...path] = stdout.trim().split("\n");
    return { executable, path };
  } catch {
    return undefined;
  }
}

/** Whether this machine has Python, without opening a sandbox. */
export async function hasPython(): Promise<boolean> {
  return (await askPython()) !== undefined;
}

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const bin = fileURLToPath(new URL("../src/bin.ts", import.meta.url));
const root = fileURLToPath(new URL("../../..", import.meta.url));

/** The command in a process of its own. It is killed where the test leaves it running. */
export interface Spawned extends AsyncDisposable {
  /** All it has written so far, to both outputs. */
  text(): string;
  /** The text, as soon as it matches; rejects if the process ends before. */
  until(pattern: RegExp): Promise<string>;
  type(line: string): void;
  kill(signal: NodeJS.Signals): void;
  /** Reads its standard output no more, as `head` does when it has enough. */
  closeOutput(): void;
  readonly exit: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

/** Runs `openenv` from its sources, at the root of the repository. */
export function spawnOpenenv(args: readonly string[], variables: NodeJS.ProcessEnv = {}): Spawned {
  const child = spawn(process.execPath, ["--conditions=source", bin, ...args], {
    cwd: root,
    env: { ...process.env, NODE_OPTIONS: "", ...variables },
  });
  let text = "";
  const watchers = new Set<() => void>();
  const append = (chunk: Buffer): void => {
    text += chunk.toString();
    for (const watcher of watchers) watcher();
  };
  child.stdout.on("data", append);
  child.stderr.on("data", append);
  const exit = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
  return {
    exit,
    text: () => text,
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!pattern.test(text)) return;
          watchers.delete(look);
          resolve(text);
        };
        watchers.add(look);
        void exit.then(() => reject(new Error(`ended without ${pattern}: ${text}`)));
        look();
      }),
    type: (line) => child.stdin.write(`${line}\n`),
    kill: (signal) => child.kill(signal),
    closeOutput: () => child.stdout.destroy(),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await exit;
    },
  };
}

/** The address that `serve` announces. */
export async function addressOf(server: Spawned): Promise<string> {
  const [, address = ""] = / at (\S+) \(/.exec(await server.until(/ at \S+ \(/)) ?? [];
  return address;
}

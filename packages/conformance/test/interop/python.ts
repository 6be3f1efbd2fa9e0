import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const root = new URL("../../../../", import.meta.url);
const interop = new URL("packages/conformance/interop/", root);

/** A Python program that talks in lines of JSON. It is killed, with all that it started, where a test leaves it running. */
export interface Python extends AsyncDisposable {
  /** The next line of its output; rejects with all it wrote to its error output where none comes. */
  line(): Promise<unknown>;
  /** The rest of its lines, once it has ended; rejects where it failed. */
  rest(): Promise<unknown[]>;
  say(line: string): void;
}

/** Runs a script of `interop/` with the `openenv` of that version. */
export function spawnPython(version: string, script: string, args: readonly string[] = []): Python {
  const python = fileURLToPath(new URL(`.cache/python/${version}/bin/python`, root));
  return run(python, [fileURLToPath(new URL(script, interop)), ...args]);
}

/** What `openenv validate --url` reports. */
export async function validate(version: string, url: string): Promise<unknown> {
  const openenv = fileURLToPath(new URL(`.cache/python/${version}/bin/openenv`, root));
  await using command = run(openenv, ["validate", "--url", url, "--json"], (text) => [text]);
  const [report] = await command.rest();
  return report;
}

const linewise = (text: string): string[] => text.split("\n").filter((line) => line.startsWith("{"));

function run(program: string, args: readonly string[], parts = linewise): Python {
  const child = spawn(program, args, {
    detached: true,
    // Tests look at errors through the wire; a tool that raises would fill pages here.
    env: { ...process.env, FASTMCP_LOG_ENABLED: "false", NO_COLOR: "1", NO_PROXY: "127.0.0.1" },
  });
  let text = "";
  let complaints = "";
  let taken = 0;
  child.stderr.on("data", (chunk: Buffer) => {
    complaints += chunk.toString();
  });
  const changed = new Set<() => void>();
  const tell = (): void => {
    for (const look of changed) look();
  };
  createInterface(child.stdout).on("line", (line) => {
    text += `${line}\n`;
    tell();
  });
  let code: number | null | undefined;
  const exit = new Promise<void>((resolve) => {
    child.once("error", (error) => {
      complaints += String(error);
    });
    child.once("close", (status) => {
      code = status;
      tell();
      resolve();
    });
  });
  return {
    line: () =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const next = linewise(text)[taken];
          if (next === undefined && code === undefined) return;
          changed.delete(look);
          taken++;
          if (next === undefined) reject(new Error(`${args[0]} ended with ${code}: ${complaints}`));
          else resolve(JSON.parse(next));
        };
        changed.add(look);
        look();
      }),
    async rest() {
      await exit;
      if (code !== 0) throw new Error(`${args.join(" ")} ended with ${code}: ${complaints}${text}`);
      return parts(text)
        .slice(taken)
        .map((line): unknown => JSON.parse(line));
    },
    say: (line) => child.stdin.write(`${line}\n`),
    async [Symbol.asyncDispose]() {
      if (code === undefined && child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      await exit;
    },
  };
}

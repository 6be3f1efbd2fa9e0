import { onTestFinished, vi } from "vitest";
import { runProgram } from "../src/program.ts";

/** What a run of the program in this process came to. */
export interface Run {
  code: number;
  /** Written to standard output. */
  out: string;
  /** Written to standard error. */
  err: string;
}

/** Runs the program with these arguments and keeps what it writes. */
export async function runCaptured(...args: readonly string[]): Promise<Run> {
  let out = "";
  let err = "";
  const spies = [
    vi.spyOn(process.stdout, "write").mockImplementation((text) => {
      out += text;
      return true;
    }),
    vi.spyOn(process.stderr, "write").mockImplementation((text) => {
      err += text;
      return true;
    }),
    vi.spyOn(console, "log").mockImplementation((text) => {
      out += `${text}\n`;
    }),
    vi.spyOn(console, "warn").mockImplementation((text) => {
      err += `${text}\n`;
    }),
    vi.spyOn(console, "error").mockImplementation((text) => {
      err += `${text}\n`;
    }),
  ];
  const restore = (): void => {
    for (const spy of spies) spy.mockRestore();
  };
  onTestFinished(restore);
  const code = await runProgram(args);
  restore();
  return { code, out, err };
}

import { inspect } from "@openenv/client";
import fixtures from "../../interop/fixtures.json" with { type: "json" };
import { spawnPython } from "./python.ts";

export type Fixture = keyof typeof fixtures.fixtures;

/** A Python server. Disposing of it kills it. */
export interface PythonServer extends AsyncDisposable {
  readonly url: string;
}

/** Starts a server of `fixtures.json` with the `openenv` of that version, and waits until it is healthy. */
export async function startPythonServer(fixture: Fixture, version: string): Promise<PythonServer> {
  const python = spawnPython(version, "serve.py", [fixture]);
  const dispose = async (): Promise<void> => await python[Symbol.asyncDispose]();
  try {
    const url = `http://127.0.0.1:${portOf(await python.line())}`;
    await using inspector = inspect(url);
    await inspector.health(); // its port is bound before it answers
    return { url, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

function portOf(announced: unknown): number {
  if (typeof announced === "object" && announced !== null && "port" in announced) return Number(announced.port);
  throw new Error(`a server announced no port: ${JSON.stringify(announced)}`);
}

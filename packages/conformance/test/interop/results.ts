import { fileURLToPath } from "node:url";
import { expect } from "vitest";

/** What came of one thing that was done with one version of the Python `openenv`. */
export interface Row {
  version: string;
  what: string;
  result: string;
}

/** Compares what a direction's tests saw with the file that `spec/compatibility.md` takes its table from. `vitest -u` writes it. */
export async function expectRecorded(direction: string, rows: readonly Row[]): Promise<void> {
  const file = fileURLToPath(new URL(`../../interop/results/${direction}.json`, import.meta.url));
  await expect(`${JSON.stringify({ direction, rows }, null, 2)}\n`).toMatchFileSnapshot(file);
}

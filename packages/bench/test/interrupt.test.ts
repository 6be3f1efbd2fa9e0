import { readFileSync } from "node:fs";
import { expect, test, vi } from "vitest";
import { startBench } from "./bench.ts";

/** Processes started by a process, as Linux tells them. */
function childrenOf(pid: number | undefined): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(/\s+/).filter(Boolean).map(Number);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test.skipIf(process.platform !== "linux")("an interrupted run leaves no process behind", async () => {
  const bench = startBench(["--only", "4 KB, 256"]);
  const children = await vi.waitFor(
    () => {
      const started = childrenOf(bench.process.pid);
      expect(started.length).toBeGreaterThanOrEqual(2);
      return started;
    },
    { timeout: 20_000, interval: 100 },
  );
  bench.process.kill("SIGINT");
  expect((await bench.ended).code).toBe(130);
  await vi.waitFor(() => expect(children.filter(isAlive)).toEqual([]), { timeout: 5_000 });
});

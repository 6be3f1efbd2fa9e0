import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/**
 * The core that server and load share, so that no wake-up of another core is measured; undefined where processes cannot
 * be pinned. It is the last of the cores this process may use.
 */
export function sharedCore(): number | undefined {
  if (process.platform !== "linux" || spawnSync("taskset", ["--version"]).status !== 0) return undefined;
  const allowed = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
  const last = allowed?.split(/[,-]/).at(-1);
  return last === undefined ? undefined : Number(last);
}

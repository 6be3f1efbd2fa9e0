import { readdirSync, readFileSync } from "node:fs";

/** The environment variable that marks what a program of the `none` tier starts, also after it called setsid. */
export const markerVariable = "OPENENV_SANDBOX_PROGRAM";

/**
 * Ends every process that `leader` started: its process group, its children, and on Linux whatever carries its
 * marker. A process that changed its group, lost its parents and started a program with a cleared environment is
 * not found; only a tier with a pid namespace of its own catches that.
 */
export async function killDescendants(leader: number, marker: string): Promise<void> {
  signal(-leader);
  let left = findDescendants(leader, marker);
  while (left.length > 0) {
    for (const pid of left) signal(pid);
    await new Promise((resolve) => setImmediate(resolve));
    left = findDescendants(leader, marker);
  }
}

function signal(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

interface ProcessEntry {
  pid: number;
  parent: number;
  group: number;
}

function findDescendants(leader: number, marker: string): number[] {
  if (process.platform !== "linux") return [];
  const family = new Set([leader]);
  const entries = readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? readEntry(Number(name)) : []));
  // Parents usually, but not always, have the lower number: go round until nothing is added.
  let size = 0;
  while (size !== family.size) {
    size = family.size;
    for (const { pid, parent, group } of entries) {
      if (family.has(parent) || group === leader) family.add(pid);
    }
  }
  return entries.map(({ pid }) => pid).filter((pid) => family.has(pid) || carriesMarker(pid, marker));
}

function readEntry(pid: number): ProcessEntry[] {
  const stat = readProc(pid, "stat");
  // The name is in brackets and may itself hold brackets and spaces.
  const [state, parent, group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const gone = stat === "" || state === "Z" || state === "X";
  return gone ? [] : [{ pid, parent: Number(parent), group: Number(group) }];
}

function carriesMarker(pid: number, marker: string): boolean {
  return readProc(pid, "environ").split("\0").includes(`${markerVariable}=${marker}`);
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}

import { openSync, readdirSync, readFileSync } from "node:fs";

const closeOnExec = 0o2000000;

/**
 * What a program's fds must be covered with, above those given to it: the server's own parent may have left fds
 * open that pass on to every child, and Node has no way to close them in a child.
 */
export function coverInheritedFds(): (stdio: Array<"pipe">) => Array<"pipe" | "ignore" | number> {
  const inherited = inheritedFds();
  if (inherited.length === 0) return (stdio) => stdio;
  const nothing = openSync("/dev/null", "r");
  return (stdio) => {
    const covered: Array<"pipe" | "ignore" | number> = [...stdio];
    for (const fd of inherited.filter((fd) => fd >= stdio.length)) {
      while (covered.length < fd) covered.push("ignore");
      covered[fd] = nothing;
    }
    return covered;
  };
}

function inheritedFds(): number[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc/self/fdinfo")
    .map(Number)
    .filter((fd) => fd > 2 && !isClosedOnExec(fd))
    .sort((a, b) => a - b);
}

function isClosedOnExec(fd: number): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))?.[1] ?? "0";
    return (Number.parseInt(flags, 8) & closeOnExec) !== 0;
  } catch {
    return true;
  }
}

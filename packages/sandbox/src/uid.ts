import { randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { SandboxError } from "./error.ts";

/** A user id that nothing else on this machine uses as long as it is held. */
export interface ClaimedUid {
  readonly uid: number;
  release(): Promise<void>;
}

// Far from people, services and container ranges; inside a container that maps 65536 ids only, the ids that
// systemd hands out to short-lived services.
const ranges = [
  { first: 1_900_000_000, count: 100_000 },
  { first: 61_184, count: 4_336 },
];

/**
 * Claims a user id for one cell.
 *
 * An abstract socket named after the id is the claim: the kernel gives it to one server only, and takes it back
 * when that server dies in whatever way.
 */
export async function claimUid(): Promise<ClaimedUid> {
  const range = ranges.find(({ first, count }) => isMapped(first, count));
  if (range === undefined) throw new SandboxError("start_failed", "this user namespace has no spare user ids");
  const offset = randomInt(range.count);
  for (let tried = 0; tried < range.count; tried++) {
    const uid = range.first + ((offset + tried) % range.count);
    const claim = await listen(`\0openenv-sandbox-uid-${uid}`);
    if (claim !== undefined) return { uid, release: () => close(claim) };
  }
  throw new SandboxError("start_failed", `all ${range.count} user ids are in use`);
}

function isMapped(first: number, count: number): boolean {
  return readFileSync("/proc/self/uid_map", "utf8")
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .some(([start = 0, , length = 0]) => start <= first && first + count <= start + length);
}

function listen(path: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(undefined);
      else reject(new SandboxError("start_failed", `cannot claim a user id: ${error.message}`, { cause: error }));
    });
    server.listen({ path }, () => resolve(server.unref()));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

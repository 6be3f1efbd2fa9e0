import { expectThat } from "../expect.ts";
import { isObject } from "../json.ts";
import type { Server } from "../server.ts";
import { notApplicable } from "../verdict.ts";

/** How many sessions `/health` says are open. Not applicable where it does not say. */
export async function openSessions(server: Server): Promise<number> {
  const { json } = await server.http({ path: "/health" });
  if (isObject(json) && typeof json.active_sessions === "number") return json.active_sessions;
  return notApplicable("`/health` does not tell `active_sessions`");
}

/** How many sessions are open when those of earlier checks have had time to end. Only for checks that run alone. */
export async function settledSessions(server: Server): Promise<number> {
  const { openBefore = 0 } = server.facts;
  return leastSessions(server, openBefore);
}

/** Holds it against the server if the number of open sessions does not come down to `most`. */
export async function expectOpen(server: Server, most: number, when: string): Promise<void> {
  const open = await leastSessions(server, most);
  expectThat(open <= most, `expected at most ${most} open sessions ${when}, got ${open}`);
}

/** The number of open sessions once it is `most` or less, or at the deadline. */
async function leastSessions(server: Server, most: number): Promise<number> {
  const end = Date.now() + server.deadlineMs;
  for (;;) {
    const open = await openSessions(server);
    if (open <= most || Date.now() > end) return open;
  }
}

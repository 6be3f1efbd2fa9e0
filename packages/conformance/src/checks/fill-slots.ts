import { expectThat } from "../expect.ts";
import { isObject } from "../json.ts";
import type { Server } from "../server.ts";
import { notApplicable } from "../verdict.ts";

/** The most sessions that a check opens to leave no slot free. */
const mostSlots = 64;

/** The most that it opens where the server does not tell how many slots there are. */
const mostUntold = 9;

/**
 * Takes every slot with a session at `/ws`. Only for checks that run alone. Not applicable where there are too many slots, or where the
 * environment cannot be created.
 */
export async function fillSlots(server: Server): Promise<void> {
  let room = server.facts.maxSessions;
  if (room !== undefined && room > mostSlots)
    return notApplicable(`the server has room for ${room} sessions; serve it with at most ${mostSlots}`);
  const end = Date.now() + server.deadlineMs;
  for (let open = 0; room === undefined || open < room; ) {
    if (room === undefined && open === mostUntold)
      return notApplicable(`the server does not tell \`max_sessions\`, and has room for ${mostUntold} or more`);
    const connection = await server.open();
    const { data } = await connection.ask({ type: "state" });
    const { code, max_sessions } = isObject(data) ? data : {};
    if (code === "FACTORY_ERROR") return notApplicable("the environment cannot be created, so no slot can be taken");
    if (code === "CAPACITY_REACHED") {
      room ??= typeof max_sessions === "number" ? max_sessions : open;
      // Slots of the check before may still be in use.
      expectThat(
        open >= room || Date.now() < end,
        `only ${open} sessions could be opened where there are ${room} slots`,
      );
      await connection.close();
    } else open += 1;
  }
}

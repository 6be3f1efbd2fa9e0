import { expectThat } from "../expect.ts";
import { isObject, show } from "../json.ts";
import type { Server } from "../server.ts";
import { notApplicable } from "../verdict.ts";

/** The most sessions that a check opens to leave no slot free. */
export const mostSlots = 64;

/**
 * Takes every slot with a session at `/ws`. Only for checks that run alone. Not applicable where a server does not tell how many slots
 * there are, has too many, or can create no environment.
 */
export async function fillSlots(server: Server): Promise<void> {
  const { maxSessions } = server.facts;
  if (maxSessions === undefined || maxSessions > mostSlots)
    return notApplicable(`needs a server that tells \`max_sessions\` and has at most ${mostSlots} of them`);
  const end = Date.now() + server.deadlineMs;
  for (let open = 0; open < maxSessions; ) {
    const connection = await server.open();
    const { data } = await connection.ask({ type: "state" });
    const code = isObject(data) ? data.code : undefined;
    if (code === "FACTORY_ERROR") return notApplicable("the environment cannot be created, so no slot can be taken");
    if (code === "CAPACITY_REACHED") {
      // Slots of the check before may still be in use.
      expectThat(
        Date.now() < end,
        `only ${open} sessions could be opened where \`max_sessions\` tells ${show(maxSessions)}`,
      );
      await connection.close();
    } else open += 1;
  }
}

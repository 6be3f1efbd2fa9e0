import { checksOf } from "../check.ts";
import { expectThat } from "../expect.ts";
import { show } from "../json.ts";
import type { Server } from "../server.ts";
import { expectEqual } from "../verdict.ts";
import { doors } from "./doors.ts";
import { ask, inSession, resetRequest, toldSession } from "./requests.ts";

const requirement = checksOf("sessions");

const bearer = "Bearer conformance-7f3a9c";

/** Requests without the token, or with another. */
const strangers: readonly Record<string, string>[] = [
  {},
  { Authorization: "Bearer conformance-000000" },
  { Authorization: bearer.slice(0, -1) },
  { Authorization: `${bearer}0` },
  { Authorization: bearer.toUpperCase().replace("BEARER", "Bearer") },
];

/** New sessions that are bound to the bearer, one from each door that opens them. */
async function boundSessions(server: Server): Promise<readonly string[]> {
  const headers = { Authorization: bearer };
  const ids = [await server.createSession(headers)];
  if (server.facts.mode === "simulation") {
    const told = toldSession(await ask(server, resetRequest(server, {}, { ...headers, ...inSession("new") })));
    if (told !== undefined) ids.push(told);
  }
  return ids;
}

/** Sessions that are bound to a bearer. */
export const bearerChecks = [
  requirement("session.bearer", { slots: 3 }, async (server) => {
    for (const id of await boundSessions(server)) {
      const every = await doors(server);
      for (const door of every)
        for (const headers of strangers) {
          const answer = await door.knock(id, headers);
          expectThat(
            answer !== "open",
            `${door.name}: expected a refusal with ${show(headers)} where the session has a token`,
          );
        }
      for (const door of every) {
        const answer = await door.knock(id, { Authorization: bearer });
        expectThat(answer === "open", `${door.name}: expected the session to be open with its token, got ${answer}`);
      }
    }
  }),
  requirement("session.bearer-hidden", { slots: 3 }, async (server) => {
    for (const id of await boundSessions(server))
      for (const door of await doors(server))
        for (const headers of strangers) {
          const expected = await door.knock(`${id}0`, headers);
          expectEqual(`${door.name} with ${show(headers)}`, await door.knock(id, headers), expected);
        }
  }),
];

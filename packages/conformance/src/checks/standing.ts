import type { JsonObject } from "../json.ts";
import type { Server } from "../server.ts";
import { expectEqual } from "../verdict.ts";
import type { Connection } from "../wire/connection.ts";

/** Where the episode stands, as a state tells it: `episode_id` and `step_count` alone. */
export async function standing(server: Server, connection: Connection): Promise<JsonObject> {
  const { episode_id, step_count } = await server.state(connection);
  return { episode_id, step_count };
}

/** Holds it against the server if the episode does not stand at `expected`; `when` completes the sentence. */
export async function expectStanding(
  server: Server,
  connection: Connection,
  when: string,
  expected: JsonObject,
): Promise<void> {
  expectEqual(`the state ${when}`, await standing(server, connection), expected);
}

/** An `episode_id` that no episode had before. */
export function freshId(): string {
  return `conformance-${crypto.randomUUID()}`;
}

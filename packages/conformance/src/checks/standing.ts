import { setTimeout as delay } from "node:timers/promises";
import type { JsonObject } from "../json.ts";
import type { Server } from "../server.ts";
import { expectEqual, sameJson } from "../verdict.ts";
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

/** How often a state that changed is looked at again, and how long before each look, in milliseconds: a clock of seconds moves, too. */
const looks = { times: 5, apartMs: 250 };

/**
 * Holds it against the server if a state is no longer `before`. Entries that go on changing while nothing happens, as a clock does, may
 * differ; `episode_id` and `step_count` may not.
 */
export async function expectSameState(
  what: string,
  look: () => Promise<JsonObject>,
  before: JsonObject,
): Promise<void> {
  const after = await look();
  if (sameJson(after, before)) return;
  const moving = new Set<string>();
  for (let time = 0; time < looks.times; time++) {
    await delay(looks.apartMs);
    for (const key of differing(after, await look())) moving.add(key);
  }
  moving.delete("episode_id");
  moving.delete("step_count");
  const steady = (state: JsonObject): JsonObject =>
    Object.fromEntries(Object.entries(state).filter(([key]) => !moving.has(key)));
  expectEqual(what, steady(after), steady(before));
}

function differing(left: JsonObject, right: JsonObject): readonly string[] {
  return Object.keys({ ...left, ...right }).filter((key) => !sameJson(left[key], right[key]));
}

/** An `episode_id` that no episode had before. */
export function freshId(): string {
  return `conformance-${crypto.randomUUID()}`;
}

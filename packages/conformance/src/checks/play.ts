import { isObject, type Json, type JsonObject } from "../json.ts";
import type { Server } from "../server.ts";
import { sameJson } from "../verdict.ts";
import type { Connection } from "../wire/connection.ts";

/** Actions for an episode that is played more than once. */
export async function drawActions(server: Server, count = 2): Promise<readonly JsonObject[]> {
  const actions: JsonObject[] = [];
  while (actions.length < count) actions.push(await server.actions.valid());
  return actions;
}

/**
 * What an episode comes to: the outcome of the reset and of each action until it is done, without metadata, or the code of the error.
 * `between` runs after the first action.
 */
export async function play(
  server: Server,
  connection: Connection,
  options: JsonObject,
  actions: readonly JsonObject[],
  between: () => Promise<void> = async () => undefined,
): Promise<readonly Json[]> {
  const outcomes = [withoutMetadata(await server.reset(connection, options))];
  for (const [index, data] of actions.entries()) {
    const reply = await connection.ask({ type: "step", data });
    const told = isObject(reply.data) ? reply.data : {};
    outcomes.push(reply.type === "observation" ? withoutMetadata(told) : { code: told.code });
    if (index === 0) await between();
    if (told.done === true) break;
  }
  return outcomes;
}

/**
 * Whether an episode goes on as if `disturb`, which happens in its midst, had not been. Undefined where the environment does not repeat
 * episodes, or says that seeds have no effect, so that nothing can be compared: chance alone may make some episodes the same.
 */
export async function staysUndisturbed(
  server: Server,
  connection: Connection,
  disturb: () => Promise<void>,
): Promise<boolean | undefined> {
  const actions = await drawActions(server);
  if (await disownsSeeds(server, connection)) return undefined;
  const plain = (): Promise<readonly Json[]> => play(server, connection, { seed: 11 }, actions);
  const before = [await plain(), await plain()];
  const disturbed = await play(server, connection, { seed: 11 }, actions, disturb);
  const [first = [], ...others] = [...before, await plain()];
  return others.every((other) => sameJson(first, other)) ? sameJson(first, disturbed) : undefined;
}

/** Whether the server tells by a warning that a seed has no effect. */
export async function disownsSeeds(server: Server, connection: Connection): Promise<boolean> {
  return warningsOf(await server.reset(connection, { seed: 7 })).length > 0;
}

/** The warnings of an outcome. */
export function warningsOf({ metadata }: JsonObject): readonly Json[] {
  return isObject(metadata) && Array.isArray(metadata.warnings) ? metadata.warnings : [];
}

function withoutMetadata({ observation, reward, done }: JsonObject): JsonObject {
  return { observation, reward, done };
}

// Loads that drive our own client, where the client is the subject.

import { type Client, connect, inspect } from "@openenv/client";
import { routes } from "@openenv/schema";
import { createServer } from "@openenv/server";
import { Pool } from "undici";
import { exchangeLoad, type OpenLoad } from "./closed-loop.ts";
import { action, gameEnvironment } from "./game.ts";

/** Steps between two looks at the clock, where a step is shorter than the look. */
const stepsPerLook = 100;

/** One session of our client over a WebSocket. */
export async function openSocketClient(url: string): Promise<OpenLoad> {
  const client = await connect(url);
  await client.reset();
  return exchangeLoad([() => client.step(action)], () => client.close());
}

/** One session of our client with a server in its own process. */
export async function openInProcess(observationBytes: number): Promise<OpenLoad> {
  const server = await createServer(gameEnvironment(observationBytes));
  const client = await connect(server);
  await client.reset();
  const close = async (): Promise<void> => {
    await client.close();
    await server.close();
  };
  return exchangeLoad([() => stepRepeatedly(client)], close, stepsPerLook);
}

async function stepRepeatedly(client: Client): Promise<void> {
  for (let step = 0; step < stepsPerLook; step++) await client.step(action);
}

/** `health()` of our client, so many at a time. */
export function openHealthClient(url: string, lanes: number): OpenLoad {
  const inspector = inspect(url);
  return exchangeLoad(
    Array.from({ length: lanes }, () => () => inspector.health()),
    () => inspector.close(),
  );
}

/** The same question put by undici alone. */
export function openHealthUndici(url: string, lanes: number): OpenLoad {
  const pool = new Pool(url, { connections: lanes });
  const ask = async (): Promise<unknown> => {
    const { body } = await pool.request({ method: "GET", path: routes.health });
    return JSON.parse(await body.text());
  };
  return exchangeLoad(
    Array.from({ length: lanes }, () => ask),
    () => pool.close(),
  );
}

// Loads that drive our own client, where the client is the subject.

import { type Client, connect, inspect } from "@openenv/client";
import { routes } from "@openenv/schema";
import { createServer } from "@openenv/server";
import { Pool } from "undici";
import { exchangeLoad, type OpenLoad } from "./closed-loop.ts";
import { action, gameEnvironment } from "./game.ts";

/** Steps between two looks at the clock, where a step is shorter than the look. */
const stepsPerLook = 100;

/** Sessions of our client, wherever the address leads. */
export async function openClients(url: string, sessions: number): Promise<OpenLoad> {
  const clients = await openAll(sessions, () => connect(url));
  return exchangeLoad(
    clients.map((client) => () => client.step(action)),
    () => closeAll(clients),
  );
}

/** Sessions of our client with a server in its own process. */
export async function openInProcess(observationBytes: number, sessions: number): Promise<OpenLoad> {
  const server = await createServer(gameEnvironment(observationBytes));
  const clients = await openAll(sessions, () => connect(server));
  const close = async (): Promise<void> => {
    await closeAll(clients);
    await server.close();
  };
  return exchangeLoad(
    clients.map((client) => () => stepRepeatedly(client)),
    close,
    stepsPerLook,
  );
}

async function openAll(sessions: number, open: () => Promise<Client>): Promise<Client[]> {
  const clients: Client[] = [];
  // One after the other: a listening socket has a backlog, and nobody waits for this.
  while (clients.length < sessions) {
    const client = await open();
    await client.reset();
    clients.push(client);
  }
  return clients;
}

async function closeAll(clients: readonly Client[]): Promise<void> {
  await Promise.all(clients.map((client) => client.close()));
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

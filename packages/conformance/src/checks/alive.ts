import { expectThat } from "../expect.ts";
import { isObject, type JsonObject, parseJson, show } from "../json.ts";
import type { Server } from "../server.ts";
import { violated } from "../verdict.ts";
import { type Arrival, type Connection, type ConnectOptions, describe } from "../wire/connection.ts";

/** A message that every server answers with `UNKNOWN_TYPE`, in whatever mode it is. */
export const unknown = { type: "conformance-unknown" };

/** Holds it against the server if the session behind a connection does not answer. */
export async function expectAlive({ facts }: Server, connection: Connection): Promise<void> {
  const reply = await connection.ask({ type: "state" });
  // Whether production mode refuses the state is for a check of its own.
  const refused = facts.mode === "production" && isObject(reply.data) && reply.data.code === "MODE_ERROR";
  expectThat(reply.type === "state" || refused, `expected an answer from a session that is open, got ${show(reply)}`);
}

/** The JSON object of a text message; anything else that arrived is a violation. */
export function messageOf(arrival: Arrival, awaited: string): JsonObject {
  const value = arrival.kind === "text" ? parseJson(arrival.text) : undefined;
  if (!isObject(value)) return violated(`${awaited}: expected a JSON object as text, got ${describe(arrival)}`);
  return value;
}

/** What a connection's first words came to. */
export interface FirstWords {
  connection: Connection;
  arrival: Arrival;
}

/**
 * Opens a connection on which nothing has been said, and lets `speak` say the first words and take what arrives. Where slots are few,
 * one that is still being freed is waited for, with a new connection.
 */
export async function firstWords(
  server: Server,
  speak: (connection: Connection) => Promise<Arrival>,
  path = "/ws",
  options: ConnectOptions = {},
): Promise<FirstWords> {
  const end = Date.now() + server.deadlineMs;
  for (;;) {
    const connection = await server.open(path, options);
    const arrival = await speak(connection);
    if (!refusedForWantOfSlots(arrival) || Date.now() > end) return { connection, arrival };
    await connection.close();
  }
}

/** The first reply on a connection whose first message this is. */
export async function firstReply(
  server: Server,
  message: JsonObject | string,
  path = "/ws",
  options: ConnectOptions = {},
): Promise<{ connection: Connection; reply: JsonObject }> {
  const speak = (connection: Connection): Promise<Arrival> => {
    connection.send(message);
    return connection.next();
  };
  const { connection, arrival } = await firstWords(server, speak, path, options);
  return { connection, reply: messageOf(arrival, `the reply to ${show(message)}`) };
}

function refusedForWantOfSlots(arrival: Arrival): boolean {
  const message = arrival.kind === "text" ? parseJson(arrival.text) : undefined;
  return isObject(message) && isObject(message.data) && message.data.code === "CAPACITY_REACHED";
}

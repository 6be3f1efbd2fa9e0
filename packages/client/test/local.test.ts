import type { LocalServer, LocalSession, ServerMessage } from "@openenv/schema";
import { expect, test } from "vitest";
import { connect } from "../src/index.ts";

/** A server in this process whose every session is this one. */
function serverOf(session: LocalSession): LocalServer {
  return {
    openSession: async () => session,
    health: () => ({ status: "healthy" }),
    metadata: () => expect.unreachable(),
    schema: () => expect.unreachable(),
  };
}

const outcome = (n: number): ServerMessage => ({
  type: "observation",
  data: { observation: { n }, reward: null, done: false },
});

test("a reply that is there at once is not taken for an earlier one that is still on its way", async () => {
  const first = Promise.withResolvers<ServerMessage>();
  const replies = [first.promise, outcome(2), outcome(3)];
  const server = serverOf({ exchange: () => replies.shift(), close: async () => undefined });
  await using client = await connect(server);
  const asked = [client.step({}), client.step({}), client.step({})];
  await expect(asked[1]).resolves.toMatchObject({ observation: { n: 2 } });
  first.resolve(outcome(1));
  await expect(Promise.all(asked)).resolves.toMatchObject([1, 2, 3].map((n) => ({ observation: { n } })));
});

test("what a session answers is handed on as it is, without a copy", async () => {
  const board = [["x"]];
  const data = { observation: { board }, reward: 1, done: true };
  const server = serverOf({ exchange: () => ({ type: "observation", data }), close: async () => undefined });
  await using client = await connect(server);
  const { observation } = await client.reset();
  expect(observation.board).toBe(board);
});

test.each([
  ["at once", (reply: ServerMessage) => reply],
  ["later", async (reply: ServerMessage) => reply],
])("an invalid reply that comes %s closes the session", async (_, deliver) => {
  const closed = Promise.withResolvers<void>();
  const session = { exchange: () => deliver(outcome(1)), close: async () => closed.resolve() };
  await using client = await connect(serverOf(session));
  const invalid = { name: "TransportError", reason: "invalid-reply" };
  await expect(client.state()).rejects.toMatchObject(invalid);
  await closed.promise;
  await expect(client.step({})).rejects.toMatchObject(invalid);
});

test.each([
  ["at once", (reply: ServerMessage) => reply],
  ["later", async (reply: ServerMessage) => reply],
])("a session's end that is told %s is told again to every later request", async (_, deliver) => {
  const error: ServerMessage = { type: "error", data: { code: "SESSION_ERROR", message: "The session has ended" } };
  const replies = [deliver(error), deliver(outcome(1))];
  const server = serverOf({ exchange: () => replies.shift(), close: async () => undefined });
  await using client = await connect(server);
  await expect(client.step({})).rejects.toMatchObject({ code: "SESSION_ERROR", message: "The session has ended" });
  await expect(client.step({})).rejects.toMatchObject({ code: "SESSION_ERROR", message: "The session has ended" });
});

import { defineEnvironment } from "@openenv/server";
import { serve } from "@openenv/server/node";
import Type from "typebox";
import { expect, test } from "vitest";
import { connect } from "../src/index.ts";
import { adder, quiet } from "./environments.ts";
import { errorFrame, openPeer } from "./peers.ts";

const broken = defineEnvironment({
  name: "broken",
  description: "Cannot be created.",
  action: Type.Object({}),
  create: () => {
    throw new Error("no such model");
  },
});

const capacity = {
  name: "ProtocolError",
  code: "CAPACITY_REACHED",
  message: "Server at capacity: 1/1 sessions active",
  details: { active_sessions: 1, max_sessions: 1 },
};
const factory = { name: "ProtocolError", code: "FACTORY_ERROR", details: { factory_name: "broken" } };

test("a server without a free session answers every request with CAPACITY_REACHED", async () => {
  await using server = await serve(adder, { port: 0, maxSessions: 1 });
  await using first = await connect(server.url);
  await first.reset();
  await using second = await connect(server.url);
  const asked = await Promise.allSettled([second.reset(), second.state(), second.step({ add: 1 })]);
  expect(asked).toMatchObject([{ reason: capacity }, { reason: capacity }, { reason: capacity }]);
  await expect(second.reset()).rejects.toMatchObject(capacity);
  await expect(first.step({ add: 1 })).resolves.toMatchObject({ observation: { sum: 1 } });
});

test("a server that cannot create its environment answers every request with FACTORY_ERROR", async () => {
  await using server = await serve(broken, { port: 0, logger: quiet });
  await using client = await connect(server.url);
  const asked = await Promise.allSettled([client.reset(), client.state()]);
  expect(asked).toMatchObject([{ reason: factory }, { reason: factory }]);
  await expect(client.reset()).rejects.toMatchObject(factory);
});

test("a server in this process refuses the connection itself", async () => {
  await using server = await serve(adder, { port: 0, maxSessions: 1 });
  await using _first = await connect(server.server);
  await expect(connect(server.server)).rejects.toMatchObject(capacity);
  await using faulty = await serve(broken, { port: 0, logger: quiet });
  await expect(connect(faulty.server)).rejects.toMatchObject(factory);
});

test.each(["CAPACITY_REACHED", "FACTORY_ERROR", "SESSION_ERROR"])(
  "a %s that came before the first request rejects that request",
  async (code) => {
    const seen = Promise.withResolvers<unknown>();
    await using peer = await openPeer((socket) => {
      socket.send(errorFrame(code, "refused"));
      socket.on("pong", seen.resolve);
      socket.ping(); // answered after the frame was read
    });
    await using client = await connect(peer.url);
    await seen.promise;
    await expect(client.reset()).rejects.toMatchObject({ name: "ProtocolError", code, message: "refused" });
    await expect(client.state()).rejects.toMatchObject({ name: "ProtocolError", code, message: "refused" });
  },
);

test.each([
  ["CAPACITY_REACHED", 1013],
  ["FACTORY_ERROR", 1011],
  ["SESSION_ERROR", 1008],
  ["CAPACITY_REACHED", 1000], // as Python servers close
])("a %s outlives the closing of the socket with %d", async (code, closeCode) => {
  const closed = Promise.withResolvers<unknown>();
  await using peer = await openPeer((socket) => {
    socket.on("close", closed.resolve);
    socket.send(errorFrame(code, "refused"));
    socket.close(closeCode, code);
  });
  await using client = await connect(peer.url);
  await closed.promise;
  await expect(client.reset()).rejects.toMatchObject({ name: "ProtocolError", code, message: "refused" });
  await expect(client.reset()).rejects.toMatchObject({ name: "ProtocolError", code, message: "refused" });
});

test("a refusal that answers the first request rejects those behind it in the same words", async () => {
  await using peer = await openPeer((socket) =>
    socket.once("message", () => {
      socket.send(errorFrame("CAPACITY_REACHED", "full"));
      socket.close(1013);
    }),
  );
  await using client = await connect(peer.url);
  const asked = await Promise.allSettled([client.reset(), client.step({}), client.state()]);
  const full = { reason: { code: "CAPACITY_REACHED", message: "full" } };
  expect(asked).toMatchObject([full, full, full]);
});

test("a session that does not exist is a SESSION_ERROR", async () => {
  await using server = await serve(adder, { port: 0 });
  await using client = await connect(server.url, { sessionId: "0123456789abcdef" });
  await expect(client.state()).rejects.toMatchObject({ name: "ProtocolError", code: "SESSION_ERROR" });
});

test("a session made by another door is attached to by its id, and outlives the client", async () => {
  await using server = await serve(adder, { port: 0 });
  const response = await fetch(`${server.url}/mcp`, {
    method: "POST",
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "openenv/session/create", params: {} }),
  });
  const { result }: { result: { session_id: string } } = JSON.parse(await response.text());
  const options = { environment: adder, sessionId: result.session_id };
  const first = await connect(server.url, options);
  await first.reset({ start: 3 });
  await first.close();
  await expect
    .poll(async () => {
      await using second = await connect(server.url, options);
      return await second.step({ add: 4 }).catch(() => "still attached");
    })
    .toMatchObject({ observation: { sum: 7 } });
});

test("an environment that fails keeps its session, and errors of one request leave the next alone", async () => {
  await using peer = await openPeer((socket) => {
    const replies = ["EXECUTION_ERROR", "VALIDATION_ERROR", "MODE_ERROR", "INVALID_JSON", "UNKNOWN_TYPE"];
    socket.on("message", () => socket.send(errorFrame(replies.shift() ?? "NONE_LEFT")));
  });
  await using client = await connect(peer.url);
  const asked = await Promise.allSettled([1, 2, 3, 4, 5].map(() => client.state()));
  expect(asked).toMatchObject(
    ["EXECUTION_ERROR", "VALIDATION_ERROR", "MODE_ERROR", "INVALID_JSON", "UNKNOWN_TYPE"].map((code) => ({
      reason: { name: "ProtocolError", code, message: "no", details: {} },
    })),
  );
});

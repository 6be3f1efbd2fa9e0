import { serve } from "@openenv/server/node";
import { expect, test } from "vitest";
import { connect, TransportError } from "../src/index.ts";
import { adder } from "./environments.ts";
import { observation, openPeer, openScriptedPeer, openTcpPeer } from "./peers.ts";

test("a port that nobody listens on is a connect error that names the address", async () => {
  const peer = await openTcpPeer();
  await peer[Symbol.asyncDispose]();
  const refused = connect(peer.url);
  await expect(refused).rejects.toBeInstanceOf(TransportError);
  await expect(refused).rejects.toMatchObject({
    reason: "connect",
    message: expect.stringMatching(`cannot connect to ${peer.url}/ws: .*ECONNREFUSED`),
    cause: { code: "ECONNREFUSED" },
  });
});

test("a name whose every address refuses tells why", async () => {
  const peer = await openTcpPeer();
  await peer[Symbol.asyncDispose]();
  await expect(connect(peer.url.replace("127.0.0.1", "localhost"))).rejects.toMatchObject({
    reason: "connect",
    message: expect.stringMatching(/: .*(ECONNREFUSED|ENOTFOUND|EAI_AGAIN)/), // as this machine knows the name
  });
});

test("a Unix socket that does not exist is a connect error", async () => {
  await expect(connect("unix:/nowhere/env.sock")).rejects.toMatchObject({
    reason: "connect",
    message: expect.stringMatching("cannot connect to /nowhere/env.sock: .*ENOENT"),
  });
});

test("a server that knows no such route is a connect error with the status", async () => {
  await using server = await serve(adder, { port: 0 });
  await expect(connect(`${server.url}/elsewhere`)).rejects.toMatchObject({
    reason: "connect",
    message: expect.stringContaining("404"),
  });
});

test("a server that does not upgrade is a connect error", async () => {
  await using peer = await openTcpPeer((socket) => socket.end("HTTP/1.1 200 OK\r\n\r\n"));
  await expect(connect(peer.url)).rejects.toMatchObject({
    reason: "connect",
    message: expect.stringContaining("200"),
  });
});

test("a server that hangs up before the upgrade is a connect error", async () => {
  await using peer = await openTcpPeer((socket) => socket.destroy());
  await expect(connect(peer.url)).rejects.toMatchObject({ reason: "connect" });
});

test("a server that accepts and says nothing is a timeout, and is hung up on", async () => {
  const gone = Promise.withResolvers<unknown>();
  await using peer = await openTcpPeer((socket) => socket.on("close", gone.resolve));
  await expect(connect(peer.url, { connectTimeoutMs: 20 })).rejects.toMatchObject({
    name: "TransportError",
    reason: "timeout",
    message: "no connection within 20 ms",
  });
  await gone.promise;
});

test("aborting while the connection opens hangs up and tells the reason", async () => {
  const controller = new AbortController();
  const gone = Promise.withResolvers<unknown>();
  await using peer = await openTcpPeer((socket) => {
    socket.on("close", gone.resolve);
    controller.abort("changed my mind");
  });
  await expect(connect(peer.url, { signal: controller.signal })).rejects.toMatchObject({
    name: "TransportError",
    reason: "aborted",
    cause: "changed my mind",
  });
  await gone.promise;
});

test("aborting while a server in this process creates its environment rejects at once, and leaves no session", async () => {
  const controller = new AbortController();
  const closed = Promise.withResolvers<void>();
  const created = Promise.withResolvers<void>();
  const connecting = connect(
    {
      async openSession() {
        controller.abort("changed my mind");
        await created.promise;
        return { exchange: () => undefined, close: async () => closed.resolve() };
      },
      health: () => ({ status: "healthy" }),
      metadata: () => expect.unreachable(),
      schema: () => expect.unreachable(),
    },
    { signal: controller.signal },
  );
  await expect(connecting).rejects.toMatchObject({ reason: "aborted", cause: "changed my mind" });
  created.resolve();
  await closed.promise;
});

test("a reply that comes after its deadline is never taken for the next one", async () => {
  const late = Promise.withResolvers<() => void>();
  await using peer = await openPeer((socket) => {
    socket.on("message", () => late.resolve(() => socket.send(observation({ late: true }))));
  });
  await using client = await connect(peer.url, { replyTimeoutMs: 20 });
  await expect(client.step({})).rejects.toMatchObject({
    name: "TransportError",
    reason: "timeout",
    message: "no reply within 20 ms",
  });
  (await late.promise)();
  await expect(client.step({})).rejects.toMatchObject({ reason: "timeout" });
});

test("a deadline hangs up on the server and rejects all that wait", async () => {
  const gone = Promise.withResolvers<unknown>();
  await using peer = await openPeer((socket) => socket.on("close", gone.resolve));
  await using client = await connect(peer.url);
  const asked = Promise.allSettled([client.reset(), client.step({}, { timeoutMs: 20 }), client.state()]);
  const timeout = { reason: { reason: "timeout" } };
  await expect(asked).resolves.toMatchObject([timeout, timeout, timeout]);
  await gone.promise;
});

test.each(["request", "connection"])("aborting the %s during a request hangs up on the server", async (whose) => {
  const controller = new AbortController();
  const gone = Promise.withResolvers<unknown>();
  await using peer = await openPeer((socket) => {
    socket.on("close", gone.resolve);
    socket.on("message", () => controller.abort("enough"));
  });
  const signals: Record<string, object> = { [whose]: { signal: controller.signal } };
  await using client = await connect(peer.url, signals.connection);
  await expect(client.step({}, signals.request)).rejects.toMatchObject({
    reason: "aborted",
    message: `the ${whose} was aborted`,
    cause: "enough",
  });
  await gone.promise;
});

test("a server that vanishes during a step is a closed connection, for that step and every later request", async () => {
  await using peer = await openPeer((socket) => socket.on("message", () => socket.terminate()));
  await using client = await connect(peer.url);
  const asked = Promise.allSettled([client.step({}), client.state()]);
  const closed = { reason: { name: "TransportError", reason: "closed", message: "the socket was closed (1006)" } };
  await expect(asked).resolves.toMatchObject([closed, closed]);
  await expect(client.state()).rejects.toMatchObject(closed.reason);
});

test("a server that shuts down is a closed connection that tells so", async () => {
  await using server = await serve(adder, { port: 0 });
  await using client = await connect(server.url);
  await client.reset();
  await server.close();
  await expect(client.state()).rejects.toMatchObject({
    name: "TransportError",
    reason: "closed",
    message: "the socket was closed (1012: the server is shutting down)",
  });
});

test("a reply above maxReplyBytes is too large", async () => {
  await using peer = await openScriptedPeer(
    observation({ text: "x".repeat(200) }),
    observation({ text: "x".repeat(2000) }),
  );
  await using client = await connect(peer.url, { maxReplyBytes: 1000 });
  await expect(client.step({})).resolves.toMatchObject({ observation: { text: "x".repeat(200) } });
  const asked = Promise.allSettled([client.step({}), client.state()]);
  const tooLarge = { reason: { name: "TransportError", reason: "too-large" } };
  await expect(asked).resolves.toMatchObject([tooLarge, tooLarge]);
  await expect(client.state()).rejects.toMatchObject(tooLarge.reason);
});

test.each([
  ["is not JSON", "nonsense", "not JSON"],
  ["is no object", "[]", "unknown type"],
  ["has no type", "{}", "unknown type"],
  ["has an unknown type", '{"type":"surprise","data":{}}', "unknown type surprise"],
  ["has no data", '{"type":"observation"}', "data is required"],
  ["has an observation that is no object", '{"type":"observation","data":{"observation":3}}', "observation"],
  ["has a reward that is text", observation({}, { reward: "1", done: false }), "reward"],
  ["has a done that is a number", observation({}, { reward: 1, done: 1 }), "done"],
  ["is a state", '{"type":"state","data":{"episode_id":null,"step_count":0}}', "a message of type state"],
  ["is a JSON-RPC response", '{"type":"mcp","data":{"jsonrpc":"2.0","id":1,"result":{}}}', "a message of type mcp"],
  ["is an error without a code", '{"type":"error","data":{"message":"no"}}', "code is required"],
])("a reply to a step that %s is invalid, and ends the connection", async (_, frame, words) => {
  const gone = Promise.withResolvers<unknown>();
  await using peer = await openPeer((socket) => {
    socket.on("close", gone.resolve);
    socket.once("message", () => socket.send(frame));
  });
  await using client = await connect(peer.url);
  const asked = Promise.allSettled([client.step({}), client.step({})]);
  const invalid = { name: "TransportError", reason: "invalid-reply", message: expect.stringContaining(words) };
  await expect(asked).resolves.toMatchObject([{ reason: invalid }, { reason: invalid }]);
  await expect(client.state()).rejects.toMatchObject(invalid);
  await gone.promise;
});

test("a reply to a state request that is an observation is invalid", async () => {
  await using peer = await openScriptedPeer(observation({}));
  await using client = await connect(peer.url);
  await expect(client.state()).rejects.toMatchObject({
    reason: "invalid-reply",
    message: "the server answered with a message of type observation",
  });
});

test.each([
  [{ sum: "1", draw: 0.5 }, "the server's observation.sum must be integer"],
  [{ draw: 0.5 }, "the server's observation.sum is required"],
])("the observation %j is not what the environment promises, and ends the connection", async (data, message) => {
  await using peer = await openScriptedPeer(observation({ sum: 1, draw: 0.5 }), observation(data));
  await using client = await connect(peer.url, { environment: adder });
  await expect(client.reset()).resolves.toMatchObject({ observation: { sum: 1 } });
  const invalid = { name: "TransportError", reason: "invalid-reply", message };
  await expect(client.step({ add: 1 })).rejects.toMatchObject(invalid);
  await expect(client.step({ add: 1 })).rejects.toMatchObject(invalid);
});

test("the observation of a reset has a schema of its own where the environment gives it one", async () => {
  const environment = {
    observation: { type: "object", required: ["sum"], properties: { sum: { type: "integer" } } },
    resetObservation: { type: "object", required: ["board"], properties: { board: { type: "string" } } },
  };
  await using peer = await openScriptedPeer(
    observation({ board: "xo" }),
    observation({ sum: 1, draw: 0 }),
    observation({ sum: 1, draw: 0 }),
  );
  await using client = await connect(peer.url, { environment });
  await expect(client.reset()).resolves.toMatchObject({ observation: { board: "xo" } });
  await expect(client.step({})).resolves.toMatchObject({ observation: { sum: 1 } });
  await expect(client.reset()).rejects.toMatchObject({
    reason: "invalid-reply",
    message: "the server's observation.board is required",
  });
});

test.each([
  ["a list of tools without names", observation({ tools: [{ description: "?" }] })],
  ["no list of tools", observation({})],
])("%s is an invalid reply to listTools", async (_, frame) => {
  await using peer = await openScriptedPeer(frame);
  await using client = await connect(peer.url);
  await expect(client.listTools()).rejects.toMatchObject({
    reason: "invalid-reply",
    message: "the server's list of tools is malformed",
  });
});

test.each([
  ["no tool's name", observation({ result: 1 })],
  ["an error without a message", observation({ tool_name: "t", result: null, error: { error_type: "timeout" } })],
])("an answer to callTool with %s is invalid", async (_, frame) => {
  await using peer = await openScriptedPeer(frame);
  await using client = await connect(peer.url);
  await expect(client.callTool("t")).rejects.toMatchObject({
    reason: "invalid-reply",
    message: "the server's answer to call_tool is no tool observation",
  });
});

test.each([
  ["a reply", observation({}), "the server sent a reply that nobody asked for"],
  ["a frame that is no reply", "nonsense", "the server sent a frame that is not JSON"],
])("%s that nobody asked for ends the connection", async (_, frame, message) => {
  const gone = Promise.withResolvers<unknown>();
  await using peer = await openPeer((socket) => {
    socket.on("close", gone.resolve);
    socket.once("message", () => {
      socket.send(observation({}));
      socket.send(frame);
    });
  });
  await using client = await connect(peer.url);
  await client.reset();
  await gone.promise;
  await expect(client.state()).rejects.toMatchObject({ name: "TransportError", reason: "invalid-reply", message });
});

test.each([observation({}), "nonsense"])("%s in the moment of connecting is an invalid reply too", async (frame) => {
  await using peer = await openPeer((socket) => socket.send(frame));
  const played = (async () => {
    await using client = await connect(peer.url);
    return await client.reset();
  })();
  await expect(played).rejects.toMatchObject({ name: "TransportError", reason: "invalid-reply" });
});

test("an action that JSON cannot hold is refused, nothing is sent, and the replies stay in step", async () => {
  const frames: string[] = [];
  await using peer = await openPeer((socket) =>
    socket.on("message", (frame) => {
      frames.push(String(frame));
      socket.send(observation({ frame: frames.length }));
    }),
  );
  await using client = await connect(peer.url);
  const asked = Promise.allSettled([client.step({ n: 1 }), client.step({ n: 2n }), client.step({ n: 3 })]);
  await expect(asked).resolves.toMatchObject([
    { value: { observation: { frame: 1 } } },
    { reason: { name: "TypeError" } },
    { value: { observation: { frame: 2 } } },
  ]);
  expect(frames).toEqual(['{"type":"step","data":{"n":1}}', '{"type":"step","data":{"n":3}}']);
});

test("closing lets the server end the session, also while a step runs", async () => {
  const frames: string[] = [];
  const gone = Promise.withResolvers<number>();
  await using peer = await openPeer((socket) => {
    socket.on("message", (frame) => {
      frames.push(String(frame));
      socket.send(observation({}));
    });
    socket.on("close", gone.resolve);
  });
  const client = await connect(peer.url);
  const waiting = expect(client.state()).rejects.toMatchObject({ reason: "closed" });
  await client.close();
  await waiting;
  await expect(gone.promise).resolves.toBe(1000);
  expect(frames).toEqual(['{"type":"state"}', '{"type":"close"}']);
});

test("closing does not wait for a server that takes no part in it", async () => {
  await using peer = await openPeer((socket) => socket.pause());
  const client = await connect(peer.url);
  const waiting = expect(client.reset()).rejects.toMatchObject({ reason: "closed" });
  await client.close();
  await waiting;
});

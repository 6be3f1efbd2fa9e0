import { serve } from "@openenv/server/node";
import { expect, test } from "vitest";
import { connect, inspect } from "../src/index.ts";
import { adder, echo } from "./environments.ts";
import { openHttpPeer, openTcpPeer } from "./peers.ts";

test("a server tells its health, metadata, schemas and tools, and no session is taken for it", async () => {
  await using server = await serve(adder, { port: 0 });
  await using inspector = inspect(server.url);
  await expect(inspector.health()).resolves.toEqual({ status: "healthy", active_sessions: 0, max_sessions: 256 });
  await expect(inspector.metadata()).resolves.toMatchObject({ name: "adder", version: "1.2.3", mode: "simulation" });
  await expect(inspector.schema()).resolves.toMatchObject({
    action: { properties: { add: { type: "integer" } } },
    observation: { properties: { sum: { type: "integer" } } },
    state: { properties: { step_count: { type: "integer" } } },
  });
  const tools = await inspector.tools();
  expect(tools.map(({ name }) => name)).toEqual(["greet", "sum", "break"]);
  expect(tools[0]).toMatchObject({ inputSchema: { required: ["name"] } });
});

test("a path below which the server lives is kept", async () => {
  await using peer = await openHttpPeer(200, '{"status":"healthy"}');
  await using inspector = inspect(`${peer.url}/env/ws`);
  await expect(inspector.health()).resolves.toEqual({ status: "healthy" });
  expect(peer.requests.map((request) => request.url)).toEqual(["/env/health"]);
});

test("the bearer goes with every question, and POSTs say that they are JSON", async () => {
  await using peer = await openHttpPeer(200, '{"status":"healthy","result":{"tools":[]}}');
  await using inspector = inspect(peer.url, { bearer: "s3cret" });
  await inspector.health();
  await inspector.tools();
  expect(
    peer.requests.map(({ method, url: path, headers }) => [
      method,
      path,
      headers.authorization,
      headers["content-type"],
    ]),
  ).toEqual([
    ["GET", "/health", "Bearer s3cret", undefined],
    ["POST", "/mcp", "Bearer s3cret", "application/json"],
  ]);
  expect(peer.bodies.map((body) => body && JSON.parse(body))).toEqual([
    "",
    { jsonrpc: "2.0", id: 1, method: "tools/list" },
  ]);
});

test("what a client asks over HTTP carries its bearer and keeps to its limits", async () => {
  await using peer = await openHttpPeer(200, JSON.stringify({ status: "healthy", text: "x".repeat(2000) }));
  await using client = await connect(peer.url, { bearer: "s3cret", maxReplyBytes: 1000 });
  await expect(client.server.health()).rejects.toMatchObject({ reason: "too-large" });
  expect(peer.requests[0]?.headers.authorization).toBe("Bearer s3cret");
});

test("a server that is shutting down answers unhealthy with 503, which is an answer like any other", async () => {
  await using peer = await openHttpPeer(503, '{"status":"unhealthy","active_sessions":1,"max_sessions":256}');
  await using inspector = inspect(peer.url);
  await expect(inspector.health()).resolves.toEqual({ status: "unhealthy", active_sessions: 1, max_sessions: 256 });
});

test("a server that is closed in the process it lives in answers unhealthy while it still listens", async () => {
  await using listening = await serve(adder, { port: 0, graceMs: 1 });
  await using inspector = inspect(listening.url);
  await listening.server.close();
  await expect(inspector.health()).resolves.toMatchObject({ status: "unhealthy", active_sessions: 0 });
});

test.each([
  [
    "an environment without tools",
    200,
    '{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"This environment has no tools"}}',
  ],
  ["an empty list", 200, '{"jsonrpc":"2.0","id":1,"result":{"tools":[]}}'],
])("%s has no tools", async (_, status, body) => {
  await using peer = await openHttpPeer(status, body);
  await using inspector = inspect(peer.url);
  await expect(inspector.tools()).resolves.toEqual([]);
});

test.each([
  [
    "an error of another kind",
    '{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"Method not found"}}',
    "the server did not list its tools: Method not found",
  ],
  ["no list", '{"jsonrpc":"2.0","id":1,"result":{}}', "the server did not list its tools"],
  ["no object", "[]", "the server did not list its tools"],
])("%s in answer to the question for tools is invalid", async (_, body, message) => {
  await using peer = await openHttpPeer(200, body);
  await using inspector = inspect(peer.url);
  await expect(inspector.tools()).rejects.toMatchObject({ name: "TransportError", reason: "invalid-reply", message });
});

test.each([
  [404, '{"detail":"Not Found"}', "/metadata answered 404: Not Found"],
  [403, '{"detail":"The origin is not allowed"}', "/metadata answered 403: The origin is not allowed"],
  [404, "<html>", "/metadata answered 404 with a body that is not JSON"],
  [502, '"bad gateway"', "/metadata answered 502"],
  [401, '{"detail":"who are you?"}', "/metadata answered 401: who are you?"],
  [200, "", "/metadata answered 200 with a body that is not JSON"],
  [200, '{"name":"x"}', "the server's /metadata reply is invalid: description is required"],
])("an answer of %d with %s is an invalid reply", async (status, body, message) => {
  await using peer = await openHttpPeer(status, body);
  await using inspector = inspect(peer.url);
  await expect(inspector.metadata()).rejects.toMatchObject({
    name: "TransportError",
    reason: "invalid-reply",
    message,
  });
});

test.each([
  [500, '{"detail":"it broke","code":"EXECUTION_ERROR"}', "EXECUTION_ERROR", { status: 500 }],
  [404, '{"detail":"no such session","code":"SESSION_ERROR"}', "SESSION_ERROR", { status: 404 }],
  [500, '{"detail":"it broke"}', "EXECUTION_ERROR", { status: 500 }],
  [503, '{"detail":"full"}', "CAPACITY_REACHED", { status: 503 }],
  [
    422,
    '{"detail":[{"type":"missing","loc":["body"],"msg":"Field required"}]}',
    "VALIDATION_ERROR",
    { status: 422, errors: [{ loc: ["body"] }] },
  ],
])("an error answer of %d with %s is a ProtocolError", async (status, body, code, details) => {
  await using peer = await openHttpPeer(status, body);
  await using inspector = inspect(peer.url);
  await expect(inspector.health()).rejects.toMatchObject({ name: "ProtocolError", code, details });
});

test("a server that is not there is a connect error that names the route", async () => {
  const peer = await openTcpPeer();
  await peer[Symbol.asyncDispose]();
  await using inspector = inspect(peer.url);
  await expect(inspector.health()).rejects.toMatchObject({
    name: "TransportError",
    reason: "connect",
    message: expect.stringMatching(`cannot reach ${peer.url.replace("ws", "http")}/health: .*ECONNREFUSED`),
  });
});

test("a server that accepts and says nothing is a timeout, and is hung up on", async () => {
  const gone = Promise.withResolvers<unknown>();
  await using peer = await openTcpPeer((socket) => socket.on("close", gone.resolve));
  await using inspector = inspect(peer.url, { replyTimeoutMs: 50 });
  await expect(inspector.health()).rejects.toMatchObject({
    name: "TransportError",
    reason: "timeout",
    message: expect.stringContaining("within 50 ms"),
  });
  await gone.promise;
});

test("a server that begins an answer and never ends it is a timeout", async () => {
  await using peer = await openTcpPeer((socket) =>
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n{"status"'),
  );
  await using inspector = inspect(peer.url, { replyTimeoutMs: 50 });
  await expect(inspector.health()).rejects.toMatchObject({ name: "TransportError", reason: "timeout" });
});

test("a TLS handshake that does not end is a timeout", async () => {
  await using peer = await openTcpPeer();
  await using inspector = inspect(peer.url.replace("ws:", "https:"), { connectTimeoutMs: 50 });
  await expect(inspector.health()).rejects.toMatchObject({ name: "TransportError", reason: "timeout" });
});

test("an answer above maxReplyBytes is too large", async () => {
  await using peer = await openHttpPeer(200, JSON.stringify({ status: "healthy", text: "x".repeat(2000) }));
  await using inspector = inspect(peer.url, { maxReplyBytes: 1000 });
  await expect(inspector.health()).rejects.toMatchObject({ name: "TransportError", reason: "too-large" });
});

test.each([undefined, "enough", new Error("enough"), new DOMException("late", "TimeoutError")])(
  "aborting with %s is told as such",
  async (reason) => {
    const controller = new AbortController();
    await using peer = await openTcpPeer(() => controller.abort(reason));
    await using inspector = inspect(peer.url, { signal: controller.signal });
    await expect(inspector.health()).rejects.toMatchObject({ name: "TransportError", reason: "aborted" });
    await expect(inspector.health()).rejects.toMatchObject({ name: "TransportError", reason: "aborted" });
  },
);

test("closing rejects what still waits, and everything after it, as closed", async () => {
  const asked = Promise.withResolvers<unknown>();
  await using peer = await openTcpPeer((socket) => socket.once("data", asked.resolve));
  const inspector = inspect(peer.url);
  const waiting = expect(inspector.health()).rejects.toMatchObject({ name: "TransportError", reason: "closed" });
  await asked.promise;
  await Promise.all([inspector.close(), inspector.close()]);
  await waiting;
  await expect(inspector.health()).rejects.toMatchObject({ name: "TransportError", reason: "closed" });
});

test("a client that is closed asks its server nothing more", async () => {
  await using server = await serve(echo, { port: 0 });
  const client = await connect(server.url);
  await expect(client.server.health()).resolves.toMatchObject({ status: "healthy" });
  await client.close();
  await expect(client.server.health()).rejects.toMatchObject({ name: "TransportError", reason: "closed" });
});

test("closing an inspector closes its connections", async () => {
  await using peer = await openHttpPeer(200, '{"status":"healthy"}');
  const inspector = inspect(peer.url);
  await inspector.health();
  expect(peer.requests[0]?.socket.destroyed).toBe(false);
  await inspector.close();
  await expect.poll(() => peer.requests[0]?.socket.destroyed).toBe(true);
});

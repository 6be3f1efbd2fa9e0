import { isJsonObject, type JsonObject } from "@openenv/schema";
import { expect, onTestFinished, test } from "vitest";
import { createServer, fetchHandler, type ServerOptions } from "../src/index.ts";
import { guess, silent, trickster } from "./environments.ts";

async function open(
  options: ServerOptions = {},
  environment: Parameters<typeof createServer>[0] = trickster().environment,
) {
  const server = await createServer(environment, { logger: silent, ...options });
  onTestFinished(() => server.close());
  const handle = fetchHandler(server);
  async function post(body: unknown, headers: Record<string, string> = {}): Promise<JsonObject> {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const response = await handle(new Request("http://localhost/mcp", { method: "POST", body: text, headers }));
    expect(response.status).toBe(200);
    const answer: unknown = await response.json();
    expect(answer).toMatchObject({ jsonrpc: "2.0" });
    return isJsonObject(answer) ? answer : {};
  }
  const call = (method: string, params: object = {}, headers: Record<string, string> = {}) =>
    post({ jsonrpc: "2.0", id: 1, method, params }, headers);
  return { post, call, server };
}

const error = (code: number, message: RegExp = /./) => ({
  error: expect.objectContaining({ code, message: expect.stringMatching(message) }),
});

test.each([
  ["x", null, -32700],
  ["[]", null, -32700],
  ["1", null, -32700],
  ["", null, -32700],
  ["{}", null, -32600],
  ['{"jsonrpc":"1.0","id":1,"method":"tools/list"}', null, -32600],
  ['{"jsonrpc":"2.0","id":1,"method":"tools/list","more":1}', null, -32600],
  ['{"jsonrpc":"2.0","id":1,"method":"tools/list","params":null}', null, -32600],
  ['{"jsonrpc":"2.0","id":1,"method":"tools/list","params":[]}', null, -32600],
  ['{"jsonrpc":"2.0","id":{},"method":"tools/list"}', null, -32600],
  ['{"jsonrpc":"2.0","id":"a","method":"resources/list"}', "a", -32601],
  ['{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{}}', 2, -32602],
  ['{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"shout","arguments":[]}}', 2, -32602],
  ['{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"nope"}}', 2, -32603],
  ['{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"fail"}}', 2, -32603],
  ['{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"shout","arguments":{}}}', 2, -32603],
  ['{"jsonrpc":"2.0","id":2,"method":"tools/list","params":{"session_id":"nope"}}', 2, -32602],
  ['{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"shout","session_id":7}}', 2, -32602],
  ['{"jsonrpc":"2.0","id":2,"method":"openenv/session/close"}', 2, -32602],
  ['{"jsonrpc":"2.0","id":2,"method":"openenv/session/close","params":{"session_id":"nope"}}', 2, -32602],
])("POST /mcp with %s is answered with id %j and code %i", async (body, id, code) => {
  const { post } = await open();
  expect(await post(body)).toEqual({ jsonrpc: "2.0", id, error: { code, message: expect.any(String), data: null } });
});

test("tools are listed in MCP's own spelling, in the order of their declaration", async () => {
  const { call } = await open();
  expect(await call("tools/list")).toMatchObject({
    id: 1,
    result: { tools: [{ name: "shout", inputSchema: { type: "object" } }, { name: "fail" }, { name: "count" }] },
  });
});

test("a tool's result has both key styles", async () => {
  const { call } = await open();
  expect((await call("tools/call", { name: "shout", arguments: { text: "a" } })).result).toEqual({
    content: [{ type: "text", text: "A", annotations: null, meta: null }],
    structured_content: { result: "A" },
    structuredContent: { result: "A" },
    meta: null,
    data: "A",
    is_error: false,
    isError: false,
  });
});

test("a call without a session runs in one of its own, which is gone afterwards", async () => {
  const { call, server } = await open();
  expect((await call("tools/call", { name: "count" })).result).toMatchObject({ data: 1 });
  expect((await call("tools/call", { name: "count" })).result).toMatchObject({ data: 1 });
  expect(server.sessions.active).toBe(0);
});

test("a session is created, used, counted, and closed once", async () => {
  const { call, server } = await open();
  const { session_id } = Object((await call("openenv/session/create")).result);
  await call("tools/call", { name: "count", session_id });
  expect((await call("tools/call", { name: "count", session_id })).result).toMatchObject({ data: 2 });
  expect(await server.sessions.find(session_id).state()).toMatchObject({ step_count: 2 });
  expect((await call("openenv/session/close", { session_id })).result).toEqual({ session_id, closed: true });
  expect(await call("openenv/session/close", { session_id })).toMatchObject(error(-32602, /Unknown session_id/));
  expect(await call("tools/call", { name: "count", session_id })).toMatchObject(error(-32602));
});

test("a session of a socket is nobody else's", async () => {
  const { call, server } = await open();
  const { id: session_id } = await server.sessions.open("socket");
  expect(await call("tools/call", { name: "count", session_id })).toMatchObject(error(-32602, /belongs to the socket/));
  expect(await call("openenv/session/close", { session_id })).toMatchObject(error(-32602, /belongs to the socket/));
});

test("a session made with a bearer wants it again", async () => {
  const { call } = await open();
  const { session_id } = Object((await call("openenv/session/create", {}, { authorization: "Bearer mine" })).result);
  const use = (headers: Record<string, string>) => call("tools/call", { name: "count", session_id }, headers);
  expect(await use({})).toMatchObject(error(-32602));
  expect(await use({ authorization: "Bearer yours" })).toMatchObject(error(-32602));
  expect(await use({ authorization: "Bearer mine" })).toHaveProperty("result");
});

test("a session that is still being created is an invalid request", async () => {
  const gate = Promise.withResolvers<void>();
  const { environment } = trickster();
  const { call, server } = await open(
    {},
    {
      ...environment,
      create: async (context: Parameters<NonNullable<typeof environment.create>>[0]) => {
        await gate.promise;
        return environment.create?.(context) ?? expect.unreachable();
      },
    },
  );
  const creating = call("openenv/session/create");
  await expect.poll(() => server.sessions.active).toBe(1);
  gate.resolve();
  expect(await creating).toHaveProperty("result");
});

test("a full server says so with its counts", async () => {
  const { call } = await open({ maxSessions: 1 });
  await call("openenv/session/create");
  expect(await call("openenv/session/create")).toMatchObject({
    error: { code: -32000, data: { active_sessions: 1, max_sessions: 1 } },
  });
});

test("an attached session is closed when its socket leaves", async () => {
  const { call, server } = await open();
  const { session_id } = Object((await call("openenv/session/create")).result);
  server.sessions.attach(session_id, undefined, () => {});
  expect((await call("openenv/session/close", { session_id })).result).toEqual({
    session_id,
    closed: false,
    closing: true,
  });
});

test("an environment without tools answers -32603", async () => {
  const { call } = await open({}, guess);
  expect(await call("tools/list")).toMatchObject(error(-32603, /no tools/));
  expect(await call("tools/call", { name: "x" })).toMatchObject(error(-32603, /no tools/));
});

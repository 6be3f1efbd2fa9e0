import { checksOf } from "../check.ts";
import { expectRpcError, expectThat } from "../expect.ts";
import { excerpt, isObject, type Json, type JsonObject, show } from "../json.ts";
import type { Server } from "../server.ts";
import { expectEqual, violated } from "../verdict.ts";
import type { HttpAnswer } from "../wire/http.ts";
import { askRpc, bothWays, hasTools, listedTools, noSuchTool, postRpc, rpcRequest } from "./calling.ts";
import { hasSessions } from "./doors.ts";

const requirement = checksOf("mcp");

/** A method that no server knows. */
const unknown = "conformance/unknown";

function postText(server: Server, body: string | Buffer, headers: Record<string, string> = {}): Promise<HttpAnswer> {
  const typed = { "content-type": "application/json", ...headers };
  return server.http({ method: "POST", path: "/mcp", body, headers: typed });
}

function responseIn({ json, text }: HttpAnswer): JsonObject {
  return isObject(json) ? json : violated(`expected a response, got ${excerpt(text)}`);
}

/** Bodies that are not JSON, or no object. */
const unreadable: readonly (string | Buffer)[] = [
  "not json",
  "",
  "{",
  '{"jsonrpc":"2.0","id":1,"method":"tools/list"',
  "{'jsonrpc':'2.0'}",
  "[]",
  JSON.stringify([rpcRequest("tools/list")]),
  "7",
  "null",
  "true",
  '"tools/list"',
  Buffer.from('{"jsonrpc":"2.0","id":"\xff","method":"tools/list"}', "latin1"),
];

/** Objects that are no request: one key is wrong in each. */
const malformed: readonly JsonObject[] = [
  {},
  { id: 1, method: unknown },
  { jsonrpc: "1.0", id: 1, method: unknown },
  { jsonrpc: 2, id: 1, method: unknown },
  { jsonrpc: null, id: 1, method: unknown },
  { jsonrpc: "2.0", id: 1 },
  { jsonrpc: "2.0", id: 1, method: null },
  { jsonrpc: "2.0", id: 1, method: 7 },
  { jsonrpc: "2.0", id: 1.5, method: unknown },
  { jsonrpc: "2.0", id: true, method: unknown },
  { jsonrpc: "2.0", id: [1], method: unknown },
  { jsonrpc: "2.0", id: {}, method: unknown },
  { jsonrpc: "2.0", id: 1, method: unknown, params: [] },
  { jsonrpc: "2.0", id: 1, method: unknown, params: "name" },
  { jsonrpc: "2.0", id: 1, method: unknown, params: 7 },
];

/** Requests that are answered with errors, and what does not need a slot. */
const refused: readonly JsonObject[] = [
  rpcRequest(unknown),
  rpcRequest("tools/call", {}),
  rpcRequest("tools/call", { name: noSuchTool, arguments: 7 }),
  rpcRequest("openenv/session/close", {}),
  rpcRequest("openenv/session/close", { session_id: "conformance" }),
  {},
  { ...rpcRequest("tools/list"), conformance: 1 },
];

const requests: readonly JsonObject[] = [rpcRequest("tools/list"), ...refused];

/** Every kind of response, by every way: those to what is no JSON cannot be asked for in a message. */
async function responses(server: Server): Promise<readonly JsonObject[]> {
  const made: JsonObject[] = [];
  for (const send of bothWays(server)) for (const request of requests) made.push(await send(request));
  for (const body of ["{", "[]"]) made.push(responseIn(await postText(server, body)));
  return made;
}

/** The envelope of requests and responses. */
export const jsonRpcChecks = [
  // Every server must: so it is no part of the profile that is there only where it is answered.
  checksOf("core")("rpc.endpoint", async (server) => {
    const response = responseIn(await postText(server, JSON.stringify(rpcRequest("tools/list", undefined, 7))));
    expectThat(
      response.jsonrpc === "2.0" && ("result" in response || "error" in response),
      `expected a response of JSON-RPC 2.0 to tools/list, got ${show(response)}`,
    );
  }),
  requirement("rpc.status", async (server) => {
    const bodies = [...requests.map((request) => JSON.stringify(request)), "{", "[]", ""];
    for (const body of bodies) {
      const { status } = await postText(server, body);
      expectThat(status === 200, `POST /mcp ${body}: expected status 200, got ${status}`);
    }
  }),
  requirement("rpc.content-type", async (server) => {
    const body = JSON.stringify(rpcRequest(unknown, {}, "typed"));
    const types = ["text/plain", "application/xml; charset=utf-8", "application/x-www-form-urlencoded", "nonsense"];
    const sent = [
      ...types.map((type) => () => postText(server, body, { "content-type": type })),
      () => server.http({ method: "POST", path: "/mcp", body }),
    ];
    for (const send of sent) {
      const response = responseIn(await send());
      expectRpcError(response, -32601);
      expectEqual("the id of the response", response.id, "typed");
    }
  }),
  requirement("rpc.parse-error", async (server) => {
    for (const body of unreadable) expectRpcError(responseIn(await postText(server, body)), -32700);
  }),
  requirement("rpc.invalid-request", async (server) => {
    for (const send of bothWays(server)) for (const request of malformed) expectRpcError(await send(request), -32600);
  }),
  requirement("rpc.extra-keys", async (server) => {
    for (const send of bothWays(server))
      for (const extra of [{ conformance: 1 }, { session_id: "x" }, { Id: 1 }, { result: null }, { "": {} }])
        expectRpcError(await send({ ...rpcRequest("tools/list"), ...extra }), -32600);
  }),
  requirement("rpc.method-unknown", async (server) => {
    const methods = ["Tools/list", "tools/list ", "tools", "", "openenv/session/Create", "openenv/session", "reset"];
    for (const send of bothWays(server))
      for (const method of [unknown, ...methods, "__proto__", "constructor", "toString"])
        expectRpcError(await send(rpcRequest(method)), -32601);
  }),
  requirement("rpc.params-extra", async (server) => {
    const extra = { conformance: [1], cursor: null, __meta: {} };
    const connection = await server.session();
    if (hasTools(server)) {
      const expected = listedTools(await askRpc(connection, rpcRequest("tools/list")));
      const told = listedTools(await askRpc(connection, rpcRequest("tools/list", extra)));
      expectEqual("the tools, asked for with parameters that tools/list does not have", [...told], [...expected]);
    }
    if (!hasSessions(server)) return;
    const { result } = await askRpc(connection, rpcRequest("openenv/session/create", { ...extra, name: 7 }));
    expectThat(isObject(result), "expected openenv/session/create to ignore parameters that it does not have");
    await connection.close();
    const session_id = await server.createSession();
    const closed = await postRpc(server, rpcRequest("openenv/session/close", { ...extra, session_id }));
    expectThat(
      isObject(closed.result),
      `expected openenv/session/close to ignore parameters that it does not have, got ${show(closed)}`,
    );
  }),
  requirement("rpc.response", async (server) => {
    for (const response of await responses(server))
      expectThat(
        response.jsonrpc === "2.0" && "id" in response && "result" in response !== "error" in response,
        `expected jsonrpc, id and exactly one of result and error, got ${show(response)}`,
      );
  }),
  requirement("rpc.response-id", async (server) => {
    const ids: readonly Json[] = [1, 0, -5, "abc", "", "1", "\u00fc\u{1f3b2}", 2 ** 53 - 1, null];
    for (const send of bothWays(server))
      for (const id of ids)
        for (const { method, params } of [
          rpcRequest("tools/list"),
          rpcRequest(unknown),
          rpcRequest("tools/call", {}),
        ]) {
          const response = await send(rpcRequest(String(method), isObject(params) ? params : undefined, id));
          expectEqual(`the id of the response to ${String(method)}`, response.id, id);
        }
  }),
  requirement("rpc.response-id-null", async (server) => {
    for (const body of unreadable)
      expectEqual(`the id of the response to ${show(String(body))}`, responseIn(await postText(server, body)).id, null);
    const nameless = ["tools/list", unknown].map((method) => ({ jsonrpc: "2.0", method }));
    for (const send of bothWays(server))
      for (const request of [...nameless, ...malformed])
        expectEqual(`the id of the response to ${show(request)}`, (await send(request)).id, null);
  }),
  requirement("rpc.error-shape", async (server) => {
    for (const { error, result } of await responses(server)) {
      if (result !== undefined && !isObject(error)) continue;
      const { code, message }: JsonObject = isObject(error) ? error : {};
      expectThat(
        isObject(error) && Number.isInteger(code) && typeof message === "string" && "data" in error,
        `expected an error with an integer code, a string message and the key data, got ${show(error)}`,
      );
    }
  }),
];

/** Runs last: by then every other check has seen responses, too. */
export const responseSchemaChecks = [
  requirement("rpc.response-schema", { alone: true }, async (server) => {
    await responses(server);
    const [first, ...more] = server.log.mismatches("rpc");
    const further = more.length === 0 ? "" : `, and ${more.length} mismatches of other kinds`;
    expectThat(first === undefined, `expected responses that match their schema, got ${first}${further}`);
  }),
];

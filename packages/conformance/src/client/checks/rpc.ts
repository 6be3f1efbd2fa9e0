import { expectThat } from "../../expect.ts";
import { isObject, type JsonObject, parseJson } from "../../json.ts";
import { expectEqual, notApplicable } from "../../verdict.ts";
import { close, listTools, requirement, reset, step, tell } from "../client.ts";
import { sessionId, tools } from "../right-answers.ts";
import type { ClientSocket } from "../scripted-socket.ts";

/** What a client makes of JSON-RPC, and of the session routes. */
export const rpcChecks = [
  requirement("rpc.closing-attached", async (client) => {
    let closes = 0;
    const server = await client.serve({
      onRequest: ({ route, body }) => {
        const request = parseJson(body);
        if (route !== "/mcp" || !isObject(request) || request.method !== "openenv/session/close") return undefined;
        closes += 1;
        const result = { session_id: sessionId, closed: false, closing: true };
        return { status: 200, json: { jsonrpc: "2.0", id: request.id ?? null, result } };
      },
    });
    await client.connect(server);
    await client.do(reset());
    const closed = await client.give(close);
    if (closes === 0) notApplicable("the client does not close sessions over JSON-RPC");
    if (!closed.ok) expectThat(false, `an answer with \`closing\` of true was told as ${tell(closed.error)}`);
    expectEqual("requests to close the session", closes, 1);
  }),
  requirement("http.step-once", async (client) => {
    const server = await client.serve({
      onRequest: ({ route, method }) => (method === "POST" && route === "/step" ? "drop" : undefined),
    });
    await client.connect(server);
    await client.do(reset());
    await client.give(step());
    await client.give(reset());
    const sent = server.requests.filter(({ route }) => route === "/step").length;
    if (sent === 0) notApplicable("the client does not step over HTTP");
    expectEqual("requests for one step", sent, 1);
  }),
  requirement("rpc.ws-order", async (client) => {
    const waiting: { socket: ClientSocket; request: JsonObject }[] = [];
    const server = await client.serve({
      onMessage: (request, socket) => {
        if (request.method !== "tools/list") return undefined;
        waiting.push({ socket, request });
        return "silence";
      },
    });
    const answer = ({ socket, request }: { socket: ClientSocket; request: JsonObject }): void => {
      const [tool] = tools;
      const result = { tools: [{ ...tool, name: `for request ${JSON.stringify(request.id)}` }] };
      socket.send({ jsonrpc: "2.0", id: request.id ?? null, result });
    };
    const concurrent = await client.connect(server);
    if (!concurrent) notApplicable("the client sends one message at a time");
    await client.give(reset());
    const asked = Promise.all([client.give(listTools), client.give(listTools)]);
    await Promise.race([asked, server.mayBe(() => waiting.length === 2)]);
    if (waiting.length < 2) notApplicable("the client does not have two requests under way on a WebSocket at /mcp");
    for (const each of waiting.toReversed()) answer(each);
    const results = await asked;
    const seen = results.map((result) => (result.ok ? JSON.stringify(result.result.tools) : tell(result.error)));
    for (const [index, { request }] of waiting.entries())
      expectThat(
        seen[index]?.includes(`for request ${JSON.stringify(request.id)}`.replaceAll('"', '\\"')) === true,
        `request ${JSON.stringify(request.id)} was given the response ${seen[index]}`,
      );
  }),
];

import { describe, expect, test } from "vitest";
import { createRightAnswers } from "../src/client/right-answers.ts";
import { openScriptedServer, type ServerScript } from "../src/client/scripted-server.ts";
import { isObject } from "../src/json.ts";
import { mismatch } from "../src/specification.ts";
import { createTrace } from "../src/trace.ts";
import { type Connection, upgrade } from "../src/wire/connection.ts";
import { opcode } from "../src/wire/frames.ts";

const deadlineMs = 10_000;
const trace = createTrace();

function open(script: ServerScript) {
  let marks = 0;
  const nextMark = (): string => `mark-${++marks}`;
  return openScriptedServer(script, { trace, deadlineMs, nextMark });
}

async function connect(url: string): Promise<Connection> {
  const upgraded = await upgrade(new URL(url), { trace: trace.channel("ws"), deadlineMs });
  if (!("connection" in upgraded)) throw new Error(`refused with ${upgraded.status}`);
  return upgraded.connection;
}

describe("the right answers", () => {
  const answers = createRightAnswers(() => "mark");
  const rpc = (method: string) => ({ type: "mcp", data: { jsonrpc: "2.0", id: 1, method } });

  test.each([
    [{ type: "reset" }, "ObservationMessage"],
    [{ type: "step", data: {} }, "ObservationMessage"],
    [{ type: "step", data: { type: "list_tools" } }, "ObservationMessage"],
    [{ type: "step", data: { type: "call_tool", tool_name: "add" } }, "ObservationMessage"],
    [{ type: "state" }, "StateReply"],
    [rpc("tools/list"), "McpReply"],
    [rpc("tools/call"), "McpReply"],
    [rpc("openenv/session/create"), "McpReply"],
    [rpc("openenv/session/close"), "McpReply"],
    [rpc("initialize"), "McpReply"],
    [{ type: "teleport" }, "ErrorMessage"],
    [undefined, "ErrorMessage"],
    [[], "ErrorMessage"],
  ])("to %j match the schema %s", (message, schema) => {
    expect(mismatch(schema, answers.message(message))).toBeUndefined();
  });

  test.each([
    ["/health", "Health"],
    ["/metadata", "Metadata"],
    ["/schema", "SchemaDocument"],
  ])("to GET %s match the schema %s", (path, schema) => {
    expect(mismatch(schema, answers.route(path))).toBeUndefined();
  });
});

describe("a scripted server", () => {
  test("answers as one that conforms where its script says nothing, at any path, and records what came", async () => {
    await using server = await open({});
    const connection = await connect(`${server.url}/envs/7/ws?x=1`);
    const first = await connection.ask({ type: "reset", data: { seed: 1 } });
    const second = await connection.ask({ type: "step", data: {} });
    expect([first, second].map(({ data }) => isObject(data) && data.observation)).toEqual([
      { mark: "mark-1" },
      { mark: "mark-2" },
    ]);
    connection.send({ type: "close" });
    expect(await connection.closed()).toBe(1000);
    await server.until(() => server.sockets[0]?.left === true, "the end");
    expect(server.sockets).toMatchObject([
      {
        target: "/envs/7/ws?x=1",
        left: true,
        messages: [{ type: "reset", data: { seed: 1 } }, { type: "step" }, { type: "close" }],
      },
    ]);
  });

  test("does what its script says instead", async () => {
    await using server = await open({
      onOpen: (socket) => socket.send({ type: "hello" }),
      onMessage: ({ type }, socket) => {
        if (type !== "step") return type === "state" ? { type: "scripted" } : undefined;
        socket.close(4001);
        return "silence";
      },
      onRequest: ({ route }) => (route === "/health" ? { status: 418, json: { teapot: true } } : undefined),
      answersPings: () => false,
    });
    const connection = await connect(`${server.url}/ws`);
    connection.sendFrame({ opcode: opcode.ping, payload: "unheard" });
    expect(await connection.message()).toEqual({ type: "hello" });
    expect(await connection.ask({ type: "state" })).toEqual({ type: "scripted" });
    connection.send({ type: "step", data: {} });
    expect(await connection.closed()).toBe(4001);
    expect((await fetch(`${server.url}/health`)).status).toBe(418);
    expect((await fetch(`${server.url}/metadata`)).status).toBe(200);
    expect(server.requests.map(({ target }) => target)).toEqual(["/ws", "/health", "/metadata"]);
  });

  test("hangs up on a request, and refuses an upgrade, where its script says so", async () => {
    await using server = await open({
      onRequest: ({ route }) => (route === "/step" ? "drop" : { status: 503, json: {} }),
    });
    await expect(fetch(`${server.url}/step`, { method: "POST", body: "{}" })).rejects.toThrow();
    await expect(connect(`${server.url}/ws`)).rejects.toThrow("refused with 503");
    expect(server.requests.map(({ body }) => body)).toEqual(["{}", ""]);
  });

  test("waits for what a client must do, and not long for what it may do", async () => {
    await using server = await openScriptedServer({}, { trace, deadlineMs: 50, nextMark: () => "" });
    await expect(server.until(() => server.sockets.length === 1, "a connection")).rejects.toThrow(
      "a connection: not within 0.05 seconds",
    );
    const arrived = server.mayBe(() => server.sockets.length === 1);
    const connection = await connect(`${server.url}/ws`);
    await arrived;
    await connection.close();
  });
});

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { connect as connectTcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isJsonObject, type JsonObject } from "@openenv/schema";
import Type from "typebox";
import { expect, onTestFinished, test, vi } from "vitest";
import { WebSocket } from "ws";
import { tool } from "../src/index.ts";
import { type ListeningServer, type ServeOptions, serve } from "../src/node.ts";
import { createdAfter, guess, silent, trickster } from "./environments.ts";

const reset = '{"type":"reset"}';
const greet = '{"type":"step","data":{"deed":"greet"}}';
const hold = '{"type":"step","data":{"deed":"hold"}}';

async function open(
  options: ServeOptions = {},
  environment: Parameters<typeof serve>[0] = guess,
): Promise<ListeningServer> {
  const listening = await serve(environment, { port: 0, logger: silent, graceMs: 500, ...options });
  onTestFinished(() => listening.close());
  return listening;
}

/** A raw client: what arrives, in order, and how it ended. */
function knock(url: string, path = "/ws", headers: Record<string, string> = {}) {
  const socket = new WebSocket(url.replace("http:", "ws:") + path, { headers, perMessageDeflate: false });
  const frames: JsonObject[] = [];
  const arrivals: Array<(frame: JsonObject) => void> = [];
  socket.on("message", (data) => {
    const value: unknown = JSON.parse(data.toString());
    const frame = isJsonObject(value) ? value : {};
    const arrival = arrivals.shift();
    if (arrival === undefined) frames.push(frame);
    else arrival(frame);
  });
  socket.on("error", () => {});
  onTestFinished(() => socket.terminate());
  return {
    socket,
    opened: new Promise<void>((resolve) => socket.once("open", () => resolve())),
    closed: new Promise<number>((resolve) => socket.once("close", resolve)),
    refused: new Promise<number | undefined>((resolve) =>
      socket.once("unexpected-response", (_, response) => resolve(response.statusCode)),
    ),
    next(): Promise<JsonObject> {
      const frame = frames.shift();
      return frame === undefined ? new Promise((resolve) => arrivals.push(resolve)) : Promise.resolve(frame);
    },
    async ask(frame: string): Promise<JsonObject> {
      socket.send(frame);
      return this.next();
    },
  };
}

test("a session lives and dies with its socket", async () => {
  const { url, server } = await open();
  const client = knock(url);
  await client.opened;
  expect(await client.ask(reset)).toMatchObject({ type: "observation", data: { observation: { hint: "start" } } });
  expect(server.sessions.active).toBe(1);
  client.socket.send('{"type":"close"}');
  expect(await client.closed).toBe(1000);
  await vi.waitFor(() => expect(server.sessions.active).toBe(0));
});

test("a binary frame is INVALID_JSON and leaves the session open", async () => {
  const { url } = await open();
  const client = knock(url);
  await client.opened;
  client.socket.send(Buffer.from(reset), { binary: true });
  expect(await client.next()).toMatchObject({ type: "error", data: { code: "INVALID_JSON" } });
  expect(await client.ask(reset)).toMatchObject({ type: "observation" });
});

test("invalid UTF-8 closes with 1007, and nobody else is harmed", async () => {
  const { url, server } = await open();
  const [bad, good] = [knock(url), knock(url)];
  await Promise.all([bad.opened, good.opened]);
  bad.socket.send(Buffer.from([0x22, 0xff, 0x22]), { binary: false });
  expect(await bad.closed).toBe(1007);
  expect(await good.ask(reset)).toMatchObject({ type: "observation" });
  await vi.waitFor(() => expect(server.sessions.active).toBe(1));
});

test("a frame of 100 MB closes with 1009, and nobody else is harmed", async () => {
  const { url, server } = await open();
  const [bad, good] = [knock(url), knock(url)];
  await Promise.all([bad.opened, good.opened]);
  bad.socket.send("x".repeat(100_000_000));
  expect(await bad.closed).toBe(1009);
  expect(await good.ask(reset)).toMatchObject({ type: "observation" });
  await vi.waitFor(() => expect(server.sessions.active).toBe(1));
});

test("frames sent before the session is there wait for it, in order", async () => {
  const gate = Promise.withResolvers<void>();
  const { environment } = trickster();
  const slow = createdAfter(gate.promise, environment);
  const { url } = await open({}, slow);
  const client = knock(url);
  await client.opened;
  for (const frame of [reset, greet, '{"type":"state"}']) client.socket.send(frame);
  gate.resolve();
  const types = [await client.next(), await client.next(), await client.next()].map(({ type }) => type);
  expect(types).toEqual(["observation", "observation", "state"]);
});

test("a client that sends without reading is read no further than its 32 frames", async () => {
  const trick = trickster();
  const { url } = await open({}, trick.environment);
  const client = knock(url);
  await client.opened;
  await client.ask(reset);
  client.socket.send(hold);
  for (let sent = 0; sent < 200; sent++) client.socket.send(greet);
  await vi.waitFor(() => expect(trick.holding).toBe(1));
  expect(trick.log).toEqual(["reset", "hold"]);
  trick.release();
  for (let answered = 0; answered <= 200; answered++)
    expect(await client.next()).toMatchObject({ type: "observation" });
  expect(trick.log).toHaveLength(202);
});

test("a client that vanishes in mid-step takes its session with it, and no other", async () => {
  const trick = trickster();
  const { url, server } = await open({}, trick.environment);
  const [vanishing, staying] = [knock(url), knock(url)];
  await Promise.all([vanishing.opened, staying.opened]);
  vanishing.socket.send('{"type":"step","data":{"deed":"until-aborted"}}');
  await vi.waitFor(() => expect(trick.log).toContain("until-aborted"));
  vanishing.socket.terminate();
  await vi.waitFor(() => expect(server.sessions.active).toBe(1));
  expect(trick.log).toEqual(["reset", "until-aborted", "close"]);
  expect(await staying.ask(greet)).toMatchObject({ type: "observation" });
});

test("a client that vanishes while its environment is created leaves nothing", async () => {
  const gate = Promise.withResolvers<void>();
  const { environment, log } = trickster();
  const slow = createdAfter(gate.promise, environment);
  const { url, server } = await open({}, slow);
  const client = knock(url);
  await client.opened;
  client.socket.terminate();
  await client.closed;
  gate.resolve();
  await vi.waitFor(() => expect(log).toEqual(["close"]));
  await vi.waitFor(() => expect(server.sessions.active).toBe(0));
});

test("a peer that does not answer pings is dead, and its slot is freed", async () => {
  const { url, server } = await open({ pingIntervalMs: 20 });
  const { port } = new URL(url);
  const tcp = connectTcp(Number(port), "127.0.0.1");
  onTestFinished(() => {
    tcp.destroy();
  });
  tcp.write(
    `GET /ws HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${Buffer.alloc(16).toString("base64")}\r\n\r\n`,
  );
  const living = knock(url);
  await living.opened;
  await vi.waitFor(() => expect(server.sessions.active).toBe(2));
  await new Promise((resolve) => tcp.once("close", resolve).resume());
  await vi.waitFor(() => expect(server.sessions.active).toBe(1));
  expect(await living.ask(reset)).toMatchObject({ type: "observation" });
});

test.each([
  ["capacity", {}, "CAPACITY_REACHED", 1013, { active_sessions: 1, max_sessions: 1 }],
  [
    "factory",
    {
      create: () => {
        throw new Error("no");
      },
    },
    "FACTORY_ERROR",
    1011,
    { factory_name: "guess" },
  ],
])(
  "a refusal for %s is told in a frame, then closed after the client's first",
  async (reason, change, code, closeCode, details) => {
    const { url } = await open({ maxSessions: 1 }, { ...guess, ...change });
    const first = knock(url);
    await first.opened;
    const client = reason === "capacity" ? knock(url) : first;
    await client.opened;
    expect(await client.next()).toEqual({ type: "error", data: { ...details, code, message: expect.any(String) } });
    expect(client.socket.readyState).toBe(WebSocket.OPEN);
    client.socket.send(reset);
    expect(await client.closed).toBe(closeCode);
  },
);

test("a session is attached by its id, survives its socket, and takes one socket at a time", async () => {
  const { url, server } = await open();
  const { id } = await server.sessions.open("id");
  const first = knock(url, `/ws?session_id=${id}`);
  await first.opened;
  await first.ask('{"type":"reset","data":{"target":5}}');
  const second = knock(url, `/ws?session_id=${id}`);
  await second.opened;
  expect(await second.next()).toMatchObject({
    type: "error",
    data: { code: "SESSION_ERROR", message: expect.stringMatching(/Another socket/) },
  });
  first.socket.send('{"type":"close"}');
  expect(await first.closed).toBe(1000);
  const third = knock(url, `/ws?session_id=${id}`);
  await third.opened;
  expect(await third.ask('{"type":"state"}')).toMatchObject({ data: { target: 5 } });
  const unknown = knock(url, "/ws?session_id=nope");
  await unknown.opened;
  expect(await unknown.next()).toMatchObject({ type: "error", data: { code: "SESSION_ERROR" } });
});

test("a session that falls silent ends with its socket", async () => {
  const { url, server } = await open({ idleTimeoutMs: 50 });
  const client = knock(url);
  await client.opened;
  expect(await client.closed).toBe(1001);
  await vi.waitFor(() => expect(server.sessions.active).toBe(0));
});

test("the WebSocket at /mcp speaks plain JSON-RPC in a session of its own", async () => {
  const { url, server } = await open({}, trickster().environment);
  const client = knock(url, "/mcp");
  await client.opened;
  const count = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"count"}}';
  expect(await client.ask(count)).toMatchObject({ id: 1, result: { data: 1 } });
  expect(await client.ask(count)).toMatchObject({ id: 1, result: { data: 2 } });
  expect(await client.ask("[]")).toMatchObject({ id: null, error: { code: -32700 } });
  client.socket.send(Buffer.from(count), { binary: true });
  expect(await client.next()).toMatchObject({ id: null, error: { code: -32700 } });
  expect(await client.ask("{}")).toMatchObject({ id: null, error: { code: -32600 } });
  expect(server.sessions.active).toBe(1);
});

test.each([
  ["/nope", {}, 404],
  ["/", {}, 404],
  ["/ws", { origin: "https://evil.example" }, 403],
  ["/mcp", { origin: "null" }, 403],
  ["/ws", { host: "evil.example" }, 403],
])("an upgrade of %s with %j is refused with %i", async (path, headers, status) => {
  const { url } = await open();
  expect(await knock(url, path, headers).refused).toBe(status);
});

test("a page of the server's own origin, or of an allowed one, may connect", async () => {
  const { url } = await open({ allowedOrigins: ["https://friend.example"] });
  await knock(url, "/ws", { origin: url }).opened;
  await knock(url, "/ws", { origin: "https://friend.example" }).opened;
});

function ask(
  url: string,
  path: string,
  headers: Record<string, string>,
  body = "",
  method = "POST",
): Promise<{ status: number | undefined; text: string }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url + path, { method, headers }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => {
        text += chunk.toString();
      });
      response.on("end", () => resolve({ status: response.statusCode, text }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

test("HTTP requests are answered, and those of a foreign host or origin refused", async () => {
  const { url } = await open();
  expect(await ask(url, "/reset", {})).toMatchObject({ status: 200 });
  expect(await ask(url, "/reset?x=1", { host: "localhost" })).toMatchObject({ status: 200 });
  expect(await ask(url, "/reset", { host: "evil.example" })).toMatchObject({ status: 403 });
  expect(await ask(url, "/mcp", { origin: "https://evil.example" }, "{}")).toMatchObject({ status: 403 });
});

test("a body over the limit is 413, whether its length is told or not", async () => {
  const { url } = await open({ maxMessageBytes: 1_000 });
  const body = JSON.stringify({ text: "x".repeat(2_000) });
  expect(await ask(url, "/reset", { "content-length": String(body.length) }, body)).toMatchObject({ status: 413 });
  expect(await ask(url, "/reset", { "transfer-encoding": "chunked" }, body)).toMatchObject({ status: 413 });
});

test("shutting down lets a running step end, says 1012, and frees the port", async () => {
  const trick = trickster();
  const listening = await open({}, trick.environment);
  const client = knock(listening.url);
  await client.opened;
  await client.ask(reset);
  client.socket.send(hold);
  await vi.waitFor(() => expect(trick.holding).toBe(1));
  const closing = listening.close();
  trick.release();
  expect(await client.next()).toMatchObject({ data: { observation: { done: "released" } } });
  expect(await client.closed).toBe(1012);
  await closing;
  expect(trick.log).toEqual(["reset", "hold", "close"]);
  await expect(ask(listening.url, "/health", {}, "", "GET")).rejects.toThrow(/ECONNREFUSED|ECONNRESET|socket hang up/);
});

test("a Unix socket is for its owner alone, is taken over when stale, and refused when in use", async () => {
  const folder = mkdtempSync(join(tmpdir(), "openenv-server-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "socket");
  const leave = `require("node:net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
  spawnSync(process.execPath, ["-e", leave]);
  expect(existsSync(path)).toBe(true);
  const first = await open({ unix: path });
  expect(first.url).toBe(`unix:${path}`);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  await expect(serve(guess, { unix: path, logger: silent })).rejects.toMatchObject({ code: "EADDRINUSE" });
  await first.close();
  expect(existsSync(path)).toBe(false);
});

test("a file that is no socket is left alone", async () => {
  const folder = mkdtempSync(join(tmpdir(), "openenv-server-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "precious");
  writeFileSync(path, "data");
  await expect(serve(guess, { unix: path, logger: silent })).rejects.toMatchObject({ code: "EADDRINUSE" });
  expect(readFileSync(path, "utf8")).toBe("data");
});

test("a taken port is refused, and what the environment started is stopped", async () => {
  const { url } = await open();
  const stop = vi.fn();
  const { port } = new URL(url);
  await expect(
    serve({ ...guess, start: () => undefined, stop }, { port: Number(port), logger: silent }),
  ).rejects.toMatchObject({ code: "EADDRINUSE" });
  expect(stop).toHaveBeenCalledOnce();
});

test("an environment that refuses to start is not served", async () => {
  const refusing = {
    ...guess,
    start: () => {
      throw new Error("no sandbox");
    },
  };
  await expect(serve(refusing, { port: 0, logger: silent })).rejects.toThrow("no sandbox");
});

test("nothing after the frame close is heard, even if it waited behind a step", async () => {
  const trick = trickster();
  const { url } = await open({}, trick.environment);
  const client = knock(url);
  await client.opened;
  for (const frame of [hold, '{"type":"close"}', greet, greet]) client.socket.send(frame);
  await vi.waitFor(() => expect(trick.holding).toBe(1));
  trick.release();
  expect(await client.closed).toBe(1000);
  await vi.waitFor(() => expect(trick.log).toEqual(["reset", "hold", "close"]));
});

test("a peer that waits for a long step with many frames behind it is not taken for dead", async () => {
  const trick = trickster();
  const { url, server } = await open({ pingIntervalMs: 10 }, trick.environment);
  const client = knock(url);
  await client.opened;
  const pings = vi.fn();
  const other = knock(url);
  other.socket.on("ping", pings);
  client.socket.send(hold);
  for (let sent = 0; sent < 40; sent++) client.socket.send(greet);
  await vi.waitFor(() => expect(trick.holding).toBe(1));
  await vi.waitFor(() => expect(pings.mock.calls.length).toBeGreaterThan(5));
  trick.release();
  for (let answered = 0; answered <= 40; answered++) expect(await client.next()).toMatchObject({ type: "observation" });
  expect(server.sessions.active).toBe(2);
});

test("requests on the WebSocket at /mcp are answered in their order", async () => {
  const slow = tool({
    description: "Waits a turn of the loop.",
    input: Type.Object({}),
    run: () => new Promise((resolve) => setImmediate(resolve)),
  });
  const { url } = await open({}, { ...trickster().environment, tools: { slow } });
  const client = knock(url, "/mcp");
  await client.opened;
  client.socket.send('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"slow"}}');
  client.socket.send('{"jsonrpc":"2.0","id":2,"method":"tools/list"}');
  expect([(await client.next()).id, (await client.next()).id]).toEqual([1, 2]);
});

test("a refused upgrade is hung up on, also if its peer never hangs up, so that the server can close", async () => {
  const listening = await open();
  const tcp = connectTcp({ port: Number(new URL(listening.url).port), host: "127.0.0.1", allowHalfOpen: true });
  onTestFinished(() => {
    tcp.destroy();
  });
  tcp.on("error", () => {});
  tcp.write(
    "GET /nope HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
  );
  await new Promise((resolve) => tcp.once("data", resolve));
  await listening.close();
});

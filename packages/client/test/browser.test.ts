import { fileURLToPath } from "node:url";
import { serve } from "@openenv/server/node";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { adder, echo, endless } from "./environments.ts";
import { errorFrame, observation, openHttpPeer, openPeer, openTcpPeer } from "./peers.ts";

const { metafile, outputFiles } = await build({
  entryPoints: [fileURLToPath(new URL("../src/index.ts", import.meta.url))],
  bundle: true,
  format: "esm",
  platform: "browser",
  conditions: ["source", "browser"],
  metafile: true,
  write: false,
});
const [output] = outputFiles;

/** The bundle itself, running on Node's built-in WebSocket and fetch as it would on a browser's. */
const client: typeof import("../src/index.ts") = await import(
  `data:text/javascript;base64,${Buffer.from(output?.contents ?? "").toString("base64")}`
);

test("the bundle for browsers holds nothing of Node", () => {
  const inputs = Object.keys(metafile.inputs);
  const imported = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
  expect(inputs).toEqual(expect.arrayContaining([expect.stringContaining("src/transport.browser.ts")]));
  expect(inputs).toEqual(expect.arrayContaining([expect.stringContaining("src/http.browser.ts")]));
  expect(inputs.filter((path) => /\.node\.ts$|\/(ws|undici)\/|node:/.test(path))).toEqual([]);
  expect(imported).toEqual([]);
  expect(output?.text).not.toMatch(/node:|require\(/);
});

test("the bundle plays an episode over the built-in WebSocket", async () => {
  await using server = await serve(adder, { port: 0 });
  await using env = await client.connect(server.url, { environment: adder });
  await expect(env.reset({ seed: 1, start: 3 })).resolves.toMatchObject({ observation: { sum: 3 } });
  const asked = [env.step({ add: 1 }), env.step({ add: 2 }), env.state()];
  await expect(Promise.all(asked)).resolves.toMatchObject([
    { observation: { sum: 4 } },
    { observation: { sum: 6 } },
    { sum: 6, step_count: 2 },
  ]);
  await expect(env.callTool("greet", { name: "Ada" })).resolves.toMatchObject({ data: "hello Ada" });
  await env.close();
  await expect(env.state()).rejects.toMatchObject({ name: "TransportError", reason: "closed" });
  await expect.poll(() => server.server.health().active_sessions).toBe(0);
});

test("the bundle asks the HTTP routes with fetch", async () => {
  await using server = await serve(echo, { port: 0 });
  await using inspector = client.inspect(server.url, { bearer: "b" });
  await expect(inspector.health()).resolves.toMatchObject({ status: "healthy" });
  await expect(inspector.metadata()).resolves.toMatchObject({ name: "echo" });
  await expect(inspector.schema()).resolves.toMatchObject({ action: { properties: { type: { const: "call_tool" } } } });
  await expect(inspector.tools()).resolves.toMatchObject([{ name: "echo_message" }]);
  await inspector.close();
  await expect(inspector.health()).rejects.toMatchObject({ name: "TransportError", reason: "closed" });
});

test("the bundle's fetch carries the bearer", async () => {
  await using peer = await openHttpPeer(200, '{"status":"healthy"}');
  await using inspector = client.inspect(peer.url, { bearer: "s3cret" });
  await inspector.health();
  expect(peer.requests[0]?.headers.authorization).toBe("Bearer s3cret");
});

test("errors in the bundle are what they are elsewhere", async () => {
  await using server = await serve(adder, { port: 0, maxSessions: 1, graceMs: 10 });
  await using env = await client.connect(server.url);
  const invalid = env.step({ add: "one" });
  await expect(invalid).rejects.toBeInstanceOf(client.ProtocolError);
  await expect(invalid).rejects.toMatchObject({ code: "VALIDATION_ERROR", details: { errors: [{ loc: ["add"] }] } });
  await using second = await client.connect(server.url);
  await expect(second.reset()).rejects.toMatchObject({ code: "CAPACITY_REACHED" });
  await expect(env.step({ add: endless }, { timeoutMs: 20 })).rejects.toMatchObject({ reason: "timeout" });
  await expect(env.state()).rejects.toMatchObject({ reason: "timeout" });
});

test("a port that nobody listens on is a connect error in the bundle", async () => {
  const peer = await openTcpPeer();
  await peer[Symbol.asyncDispose]();
  await expect(client.connect(peer.url)).rejects.toMatchObject({ name: "TransportError", reason: "connect" });
  await using inspector = client.inspect(peer.url);
  await expect(inspector.health()).rejects.toMatchObject({ name: "TransportError", reason: "connect" });
});

test("a server that says nothing is a timeout in the bundle", async () => {
  await using peer = await openTcpPeer();
  const late = client.connect(peer.url, { connectTimeoutMs: 20 });
  await expect(late).rejects.toMatchObject({ reason: "timeout" });
  await using inspector = client.inspect(peer.url, { replyTimeoutMs: 20 });
  await expect(inspector.health()).rejects.toMatchObject({ reason: "timeout" });
});

test("aborting while the bundle's connection opens rejects at once", async () => {
  const controller = new AbortController();
  await using peer = await openTcpPeer(() => controller.abort("changed my mind"));
  const stopped = client.connect(peer.url, { signal: controller.signal });
  await expect(stopped).rejects.toMatchObject({ reason: "aborted", cause: "changed my mind" });
});

test("a server that vanishes is a closed connection in the bundle, with the code", async () => {
  await using peer = await openPeer((socket) => socket.on("message", () => socket.close(4000, "bye")));
  await using env = await client.connect(peer.url);
  await expect(env.reset()).rejects.toMatchObject({ reason: "closed", message: "the socket was closed (4000: bye)" });
});

test("a refusal that came first, and a reply in a binary frame, are read in the bundle", async () => {
  await using refusing = await openPeer((socket) => {
    socket.send(errorFrame("CAPACITY_REACHED"));
    socket.close(1013);
  });
  await using refused = await client.connect(refusing.url);
  await expect(refused.reset()).rejects.toMatchObject({ code: "CAPACITY_REACHED" });
  await using peer = await openPeer((socket) =>
    socket.on("message", () => socket.send(Buffer.from(observation({ text: "ü" })), { binary: true })),
  );
  await using env = await client.connect(peer.url);
  await expect(env.reset()).resolves.toMatchObject({ observation: { text: "ü" } });
});

test("closing in the bundle does not wait for a server that takes no part in it", async () => {
  await using peer = await openPeer((socket) => socket.pause());
  const env = await client.connect(peer.url);
  await env.close();
  await expect(env.state()).rejects.toMatchObject({ reason: "closed" });
});

test.each([
  ["a bearer", "ws://localhost:1", { bearer: "b" }, "a browser cannot send a bearer on a WebSocket"],
  ["a Unix socket", "unix:/run/env.sock", {}, "a browser cannot connect to a Unix socket"],
])("%s is refused in browsers, which cannot do it", async (_, address, options, message) => {
  await expect(client.connect(address, options)).rejects.toMatchObject({
    name: "TransportError",
    reason: "connect",
    message,
  });
});

test("a Unix socket is refused by the bundle's inspector too", async () => {
  await using inspector = client.inspect("unix:/run/env.sock");
  await expect(inspector.health()).rejects.toMatchObject({ message: "a browser cannot connect to a Unix socket" });
});

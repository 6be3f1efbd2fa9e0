import { createServer, type Server } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { createTrace } from "../src/trace.ts";
import { Violation } from "../src/verdict.ts";
import { exchange, type HttpAnswer, type HttpRequest, keepingAgent } from "../src/wire/http.ts";

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

interface Peer {
  url: URL;
  /** Every byte that came, from all connections together. */
  received: string;
  connections: number;
}

/** A peer that sends `answer` whenever the last bytes of what it received match `when`; an empty answer hangs up. */
async function openPeer(answer: string, when = /\r\n\r\n/): Promise<Peer> {
  const server: Server = createServer((socket) => {
    peer.connections += 1;
    socket.on("error", () => undefined);
    socket.on("data", (chunk) => {
      peer.received += chunk.toString("latin1");
      if (!when.test(peer.received)) return;
      if (answer === "") socket.destroy();
      else socket.write(answer);
    });
    onTestFinished(() => {
      socket.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
  });
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const peer: Peer = { url: new URL(`http://127.0.0.1:${port}/prefix/`), received: "", connections: 0 };
  return peer;
}

function ask(peer: Peer, asked: HttpRequest, deadlineMs = 4000): Promise<HttpAnswer> {
  return exchange(peer.url, asked, createTrace().channel("http"), deadlineMs);
}

test.each<[string, HttpRequest, readonly string[]]>([
  [
    "a path goes out as it stands, behind the prefix of the address",
    { path: "//a/./b?c" },
    ["GET /prefix//a/./b?c HTTP/1.1"],
  ],
  [
    "a Host can be named that is not the peer's",
    { path: "/", headers: { Host: "page.invalid" } },
    ["Host: page.invalid"],
  ],
  ["a header without a value goes out", { path: "/", headers: { "OpenEnv-Session": "" } }, ["OpenEnv-Session: "]],
])("%s", async (_, asked, lines) => {
  const peer = await openPeer(ok);
  await ask(peer, asked);
  expect(peer.received.split("\r\n")).toEqual(expect.arrayContaining([...lines]));
});

test.each<[string, HttpRequest, string, readonly string[]]>([
  [
    "a value goes out as JSON",
    { json: { e: 1 }, path: "/" },
    '{"e":1}',
    ["content-type: application/json", "content-length: 7"],
  ],
  ["a text goes out without a content type", { body: "{}", path: "/" }, "{}", ["content-length: 2"]],
  ["bytes go out as they are", { body: Buffer.from("ff7d", "hex"), path: "/" }, "\u00ff}", ["content-length: 2"]],
  [
    "a body goes out in chunks",
    { json: [], chunked: true, path: "/" },
    "2\r\n[]\r\n0\r\n\r\n",
    ["content-type: application/json", "transfer-encoding: chunked"],
  ],
])("%s", async (_, asked, body, named) => {
  const peer = await openPeer(ok, /\r\n\r\n(.*\}|.*\r\n.*\r\n0\r\n\r\n)$/);
  await ask(peer, { ...asked, method: "POST" });
  const end = peer.received.indexOf("\r\n\r\n");
  const headers = peer.received
    .slice(0, end)
    .toLowerCase()
    .split("\r\n")
    .filter((line) => /^(content|transfer)/.test(line));
  expect([peer.received.slice(end + 4), headers.sort()]).toEqual([body, [...named].sort()]);
});

test("an answer tells its version, its status, and its body as text and as JSON", async () => {
  const peer = await openPeer('HTTP/1.0 404 Whatever\r\nContent-Length: 14\r\n\r\n{"detail":"e"}');
  expect(await ask(peer, { path: "/" })).toMatchObject({
    version: "1.0",
    status: 404,
    text: '{"detail":"e"}',
    json: { detail: "e" },
  });
});

test("a body that is not JSON has no value", async () => {
  const peer = await openPeer("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnope");
  expect(await ask(peer, { path: "/" })).toMatchObject({ text: "nope", json: undefined });
});

test.each([
  ["nothing comes", "HTTP/1.1 200 OK\r\n", 200],
  ["the answer breaks off", "", 4000],
  ["what comes is no HTTP", "SSH-2.0-OpenSSH\r\n", 4000],
])("it is a violation if %s", async (_, answer, deadlineMs) => {
  const peer = await openPeer(answer);
  await expect(ask(peer, { path: "/" }, deadlineMs)).rejects.toBeInstanceOf(Violation);
});

test("an answer counts that comes before the request has been sent", async () => {
  const peer = await openPeer("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}");
  const body = "x".repeat(32 * 2 ** 20);
  expect(await ask(peer, { method: "POST", path: "/", body })).toMatchObject({ status: 413 });
});

test("a body of many parts arrives whole", async () => {
  const peer = await openPeer(ok, /\}$/);
  const body = `{${"x".repeat(2 ** 20)}}`;
  await ask(peer, { method: "POST", path: "/", body });
  expect(peer.received.endsWith(`\r\n\r\n${body}`)).toBe(true);
});

test("requests of one agent share a connection that the peer keeps, and others do not", async () => {
  const peer = await openPeer(ok);
  const agent = keepingAgent(peer.url);
  onTestFinished(() => {
    agent.destroy();
  });
  const reused = [];
  for (const asked of [{ path: "/", agent }, { path: "/", agent }, { path: "/" }, { path: "/" }])
    reused.push((await ask(peer, asked)).reused);
  expect([reused, peer.connections]).toEqual([[false, true, false, false], 3]);
});

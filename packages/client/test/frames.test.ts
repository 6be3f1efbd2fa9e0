import { expect, test } from "vitest";
import { connect } from "../src/index.ts";
import { observation, openPeer, type Peer } from "./peers.ts";

async function recorder(): Promise<{ peer: Peer; frames: unknown[]; headers: Array<Record<string, unknown>> }> {
  const frames: unknown[] = [];
  const headers: Array<Record<string, unknown>> = [];
  const peer = await openPeer((socket, request) => {
    headers.push(request.headers);
    socket.on("message", (frame) => {
      frames.push(JSON.parse(String(frame)));
      socket.send(observation({ tool_name: "t", tools: [] }));
    });
  });
  return { peer, frames, headers };
}

test("requests are the baseline's frames, with no key beyond them", async () => {
  const { peer, frames } = await recorder();
  await using _peer = peer;
  const client = await connect(peer.url);
  await client.reset();
  await client.reset({ seed: 0, episodeId: "e", level: 2 });
  await client.step({ move: "up" });
  await client.listTools();
  await client.callTool("t");
  await client.callTool("t", { a: 1 });
  await client.close();
  expect(frames).toEqual([
    { type: "reset", data: {} },
    { type: "reset", data: { seed: 0, episode_id: "e", level: 2 } },
    { type: "step", data: { move: "up" } },
    { type: "step", data: { type: "list_tools" } },
    { type: "step", data: { type: "call_tool", tool_name: "t", arguments: {} } },
    { type: "step", data: { type: "call_tool", tool_name: "t", arguments: { a: 1 } } },
    { type: "close" },
  ]);
});

test("a state request carries no data", async () => {
  const { peer, frames } = await recorder();
  await using _peer = peer;
  await using client = await connect(peer.url);
  await expect(client.state()).rejects.toMatchObject({ reason: "invalid-reply" });
  expect(frames).toEqual([{ type: "state" }]);
});

test("the bearer is sent with the upgrade", async () => {
  const { peer, headers } = await recorder();
  await using _peer = peer;
  await using _client = await connect(peer.url, { bearer: "s3cret" });
  expect(headers[0]).toMatchObject({ authorization: "Bearer s3cret" });
});

test("without a bearer no authorization is sent, and compression is not offered", async () => {
  const { peer, headers } = await recorder();
  await using _peer = peer;
  await using _client = await connect(peer.url);
  expect(headers[0]).not.toHaveProperty("authorization");
  expect(headers[0]).not.toHaveProperty("sec-websocket-extensions");
});

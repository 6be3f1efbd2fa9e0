import { expect, test } from "vitest";
import { connect } from "../src/index.ts";
import { observation, openPeer } from "./peers.ts";

test("a server that answers no pings is gone", async () => {
  const gone = Promise.withResolvers<unknown>();
  let pings = 0;
  await using peer = await openPeer(
    (socket) => {
      socket.on("ping", () => pings++);
      socket.on("close", gone.resolve);
    },
    { autoPong: false },
  );
  await using client = await connect(peer.url, { pingIntervalMs: 20 });
  const closed = {
    name: "TransportError",
    reason: "closed",
    message: "the socket was closed (1006: the server missed 2 pings)",
  };
  await expect(client.reset()).rejects.toMatchObject(closed);
  await expect(client.reset()).rejects.toMatchObject(closed);
  await gone.promise;
  expect(pings).toBe(2);
});

test("a server that answers pings may take as long as it likes", async () => {
  await using peer = await openPeer((socket) => {
    let pings = 0;
    socket.on("ping", () => [() => undefined, () => socket.send(observation({ pings }))][++pings === 5 ? 1 : 0]?.());
  });
  await using client = await connect(peer.url, { pingIntervalMs: 50 });
  await expect(client.reset()).resolves.toMatchObject({ observation: { pings: 5 } });
});

test("with an interval of Infinity no pings are sent", async () => {
  await using peer = await openPeer((socket) => {
    socket.on("ping", () => socket.terminate());
    socket.on("message", () => socket.send(observation({})));
  });
  await using client = await connect(peer.url, { pingIntervalMs: Number.POSITIVE_INFINITY });
  await expect(client.reset()).resolves.toMatchObject({ done: false });
});

import { getEventListeners } from "node:events";
import { createServer } from "@openenv/server";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { startDeadline, startPulse } from "../src/deadline.ts";
import { connect } from "../src/index.ts";
import { adder } from "./environments.ts";
import { observation, openPeer, openScriptedPeer, openTcpPeer } from "./peers.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] }));
afterEach(() => void vi.useRealTimers());

test.each([
  [1, 1],
  [2 ** 31 - 1, 1],
  [2 ** 31, 0],
  [Number.POSITIVE_INFINITY, 0],
])("for %d ms, %d timers are set", (ms, timers) => {
  startDeadline(ms, () => undefined);
  expect(vi.getTimerCount()).toBe(timers);
  startPulse(ms, () => undefined);
  expect(vi.getTimerCount()).toBe(2 * timers);
});

test("a deadline that was met has no effect on what comes later", async () => {
  await using server = await createServer(adder);
  await using client = await connect(server, { connectTimeoutMs: 1000, replyTimeoutMs: 1000 });
  await vi.advanceTimersByTimeAsync(2000);
  await client.step({ add: 1 });
  await vi.advanceTimersByTimeAsync(2000);
  await expect(client.state()).resolves.toMatchObject({ step_count: 1 });
});

test("no timer of a request is left once its reply has come", async () => {
  await using peer = await openScriptedPeer(observation({}));
  await using client = await connect(peer.url, { pingIntervalMs: Number.POSITIVE_INFINITY });
  expect(vi.getTimerCount()).toBe(0);
  await client.reset();
  expect(vi.getTimerCount()).toBe(0);
});

test("a closed connection pings no more", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  await using peer = await openScriptedPeer();
  const client = await connect(peer.url);
  expect(vi.getTimerCount()).toBe(1);
  await client.close();
  expect(vi.getTimerCount()).toBe(0);
});

test("a signal keeps no listener of a connection that is closed", async () => {
  const { signal } = new AbortController();
  await using peer = await openPeer((socket) => socket.on("message", () => socket.terminate()));
  const client = await connect(peer.url, { signal });
  expect(getEventListeners(signal, "abort")).toHaveLength(1);
  await expect(client.reset({}, { signal })).rejects.toMatchObject({ reason: "closed" });
  expect(getEventListeners(signal, "abort")).toEqual([]);
  const other = await connect(peer.url, { signal });
  await other.close();
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

test("a signal keeps no listener of a connection that was not opened", async () => {
  const { signal } = new AbortController();
  await using hangingUp = await openTcpPeer((socket) => socket.destroy());
  await expect(connect(hangingUp.url, { signal })).rejects.toMatchObject({ reason: "connect" });
  expect(getEventListeners(signal, "abort")).toEqual([]);
  await using full = await createServer(adder, { maxSessions: 1 });
  await using _first = await connect(full);
  await expect(connect(full, { signal })).rejects.toMatchObject({ code: "CAPACITY_REACHED" });
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

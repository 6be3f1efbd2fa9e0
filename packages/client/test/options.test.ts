import { createServer } from "@openenv/server";
import { expect, test } from "vitest";
import { connect, inspect } from "../src/index.ts";
import { resolveOptions } from "../src/options.ts";
import { adder, endless } from "./environments.ts";
import { observation, openPeer } from "./peers.ts";

const names = ["connectTimeoutMs", "replyTimeoutMs", "maxReplyBytes", "pingIntervalMs"] as const;

test("without options there are ten seconds to connect, sixty for a reply of 100 MiB, and twenty between pings", () => {
  expect(resolveOptions({})).toEqual({
    connectTimeoutMs: 10_000,
    replyTimeoutMs: 60_000,
    maxReplyBytes: 104_857_600,
    pingIntervalMs: 20_000,
  });
});

test("options that are given take the place of the defaults, and leave the others alone", () => {
  const { signal } = new AbortController();
  expect(resolveOptions({ replyTimeoutMs: 5, bearer: "b", sessionId: "s", signal })).toEqual({
    connectTimeoutMs: 10_000,
    replyTimeoutMs: 5,
    maxReplyBytes: 104_857_600,
    pingIntervalMs: 20_000,
    bearer: "b",
    sessionId: "s",
    signal,
  });
});

test("an option that is undefined is the default", () => {
  const given: Record<string, undefined> = { replyTimeoutMs: undefined, bearer: undefined };
  expect(resolveOptions(given)).toEqual(resolveOptions({}));
});

test.each(names)("%s may be Infinity", (name) => {
  expect(resolveOptions({ [name]: Number.POSITIVE_INFINITY })).toMatchObject({ [name]: Number.POSITIVE_INFINITY });
});

const wrong = names.flatMap((name) =>
  [0, -1, Number.NaN, Number.NEGATIVE_INFINITY].map((value) => [name, value] as const),
);

test.each(wrong)("%s of %d is refused by name", async (name, value) => {
  const refusal = expect.objectContaining({ name: "RangeError", message: `${name} must be above zero, got ${value}` });
  const options = { [name]: value };
  await using server = await createServer(adder);
  expect(() => inspect("http://localhost", options)).toThrow(refusal);
  await expect(connect("http://localhost", options)).rejects.toEqual(refusal);
  await expect(connect(server, options)).rejects.toEqual(refusal);
});

test.each([0, -5, Number.NaN])(
  "a request's timeoutMs of %d is refused by name, and the connection stays",
  async (timeoutMs) => {
    await using server = await createServer(adder);
    await using client = await connect(server);
    await expect(client.reset({}, { timeoutMs })).rejects.toEqual(
      expect.objectContaining({ name: "RangeError", message: `timeoutMs must be above zero, got ${timeoutMs}` }),
    );
    await expect(client.state()).resolves.toMatchObject({ step_count: 0 });
  },
);

test.each([2 ** 31, 1e15, Number.POSITIVE_INFINITY])("limits of %d ms are not taken for none at all", async (ms) => {
  await using peer = await openPeer((socket) => {
    let roundTrips = 0;
    socket.on("ping", () => socket.terminate());
    socket.on("message", () => socket.ping());
    socket.on("pong", () => [() => socket.ping(), () => socket.send(observation({}))][++roundTrips < 100 ? 0 : 1]?.());
  });
  await using client = await connect(peer.url, { connectTimeoutMs: ms, replyTimeoutMs: ms, pingIntervalMs: ms });
  await expect(client.reset()).resolves.toMatchObject({ observation: {} });
});

test("a server in this process is waited for without limit, unless one is given", async () => {
  await using server = await createServer(adder, { graceMs: 1 });
  const client = await connect(server, { replyTimeoutMs: 10 });
  await expect(client.step({ add: endless })).rejects.toMatchObject({ name: "TransportError", reason: "timeout" });
  await using patient = await connect(server);
  await expect(patient.step({ add: endless }, { timeoutMs: 10 })).rejects.toMatchObject({ reason: "timeout" });
});

test("sessionId is refused for a server in this process", async () => {
  await using server = await createServer(adder);
  await expect(connect(server, { sessionId: "s" })).rejects.toThrow(
    new TypeError("sessionId is for a server at an address"),
  );
  expect(server.health()).toMatchObject({ active_sessions: 0 });
});

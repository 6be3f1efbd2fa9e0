import { afterEach, expect, test, vi } from "vitest";
import { createServer } from "../src/index.ts";
import { createdAfter, guess, silent, trickster } from "./environments.ts";

afterEach(() => {
  vi.useRealTimers();
});

const refused = (message: RegExp) =>
  expect.objectContaining({ code: "SESSION_ERROR", message: expect.stringMatching(message) });

test("a full server refuses with its counts, and takes a session again when one has ended", async () => {
  const server = await createServer(guess, { maxSessions: 2, logger: silent });
  const first = await server.sessions.open("socket");
  await server.sessions.open("id");
  await expect(server.sessions.open("socket")).rejects.toMatchObject({
    code: "CAPACITY_REACHED",
    details: { active_sessions: 2, max_sessions: 2 },
  });
  await server.sessions.destroy(first.id);
  await server.sessions.open("socket");
  expect(server.health()).toEqual({ status: "healthy", active_sessions: 2, max_sessions: 2 });
});

test("an environment may lower the capacity", async () => {
  const server = await createServer({ ...guess, maxSessions: 1 }, { logger: silent });
  expect(server.health().max_sessions).toBe(1);
});

test("a slot is free only when the environment is closed", async () => {
  const gate = Promise.withResolvers<void>();
  const server = await createServer(trickster({ onClose: () => gate.promise }).environment, {
    maxSessions: 1,
    logger: silent,
  });
  const session = await server.sessions.open("socket");
  const ending = server.sessions.destroy(session.id);
  await expect(server.sessions.open("socket")).rejects.toMatchObject({ code: "CAPACITY_REACHED" });
  gate.resolve();
  await ending;
  await server.sessions.open("socket");
});

test("a server whose environments cannot be created is degraded until one can", async () => {
  let broken = true;
  const error = vi.fn();
  const flaky = {
    ...guess,
    create: (context: Parameters<NonNullable<typeof guess.create>>[0]) => {
      if (broken) throw new Error("out of memory, secretly");
      return guess.create?.(context) ?? expect.unreachable();
    },
  };
  const server = await createServer(flaky, { maxSessions: 1, logger: { ...silent, error } });
  for (let attempt = 0; attempt < 3; attempt++) {
    await expect(server.sessions.open("socket")).rejects.toMatchObject({
      code: "FACTORY_ERROR",
      message: expect.not.stringContaining("secretly"),
      details: { factory_name: "guess" },
    });
  }
  expect(error).toHaveBeenCalledWith(expect.stringContaining("secretly"));
  expect(server.health().status).toBe("degraded");
  broken = false;
  await server.sessions.open("socket");
  expect(server.health().status).toBe("healthy");
});

test("a creation that takes too long is given up, and what it made later is closed", async () => {
  const gate = Promise.withResolvers<void>();
  const { environment, log } = trickster();
  const slow = createdAfter(gate.promise, environment);
  const server = await createServer(slow, { createTimeoutMs: 5, logger: silent });
  await expect(server.sessions.open("socket")).rejects.toMatchObject({ code: "FACTORY_ERROR" });
  expect(server.sessions.active).toBe(0);
  gate.resolve();
  await vi.waitFor(() => expect(log).toEqual(["close"]));
});

test("an id is the capability: unknown ids, socket-owned ids and other bearers are refused", async () => {
  const server = await createServer(guess, { logger: silent });
  const owned = await server.sessions.open("socket");
  const bound = await server.sessions.open("id", "secret");
  const free = await server.sessions.open("id");
  expect(free.id).toMatch(/^[0-9a-f]{32}$/);
  expect(() => server.sessions.find("nope")).toThrow(refused(/Unknown session_id/));
  expect(() => server.sessions.find(owned.id)).toThrow(refused(/belongs to the socket/));
  expect(() => server.sessions.find(bound.id)).toThrow(refused(/Unknown session_id/));
  expect(() => server.sessions.find(bound.id, "secreT")).toThrow(refused(/Unknown session_id/));
  expect(server.sessions.find(bound.id, "secret")).toBe(bound);
  expect(server.sessions.find(free.id, "anything")).toBe(free);
});

test("a session takes one socket at a time, outlives its detaching, and ends at it if asked meanwhile", async () => {
  const server = await createServer(guess, { logger: silent });
  const { id } = await server.sessions.open("id");
  const session = server.sessions.attach(id, undefined, () => {});
  expect(() => server.sessions.attach(id, undefined, () => {})).toThrow(refused(/Another socket is attached/));
  server.sessions.detach(id);
  expect(server.sessions.attach(id, undefined, () => {})).toBe(session);
  expect(await server.sessions.end(id)).toBe("closing");
  expect(server.sessions.active).toBe(1);
  server.sessions.detach(id);
  await vi.waitFor(() => expect(server.sessions.active).toBe(0));
});

test("without an idle timeout a detached session ends after 15 minutes, one with a socket never", async () => {
  vi.useFakeTimers();
  const server = await createServer(guess, { logger: silent });
  await server.sessions.open("socket");
  await server.sessions.open("id");
  const attached = await server.sessions.open("id");
  server.sessions.attach(attached.id, undefined, () => expect.unreachable());
  await vi.advanceTimersByTimeAsync(14 * 60_000);
  expect(server.sessions.active).toBe(3);
  await vi.advanceTimersByTimeAsync(2 * 60_000);
  expect(server.sessions.active).toBe(2);
  await vi.advanceTimersByTimeAsync(24 * 3_600_000);
  expect(server.sessions.active).toBe(2);
});

test("with an idle timeout every silent session ends and its socket is told, but none that is used or running", async () => {
  vi.useFakeTimers();
  const { environment } = trickster();
  const server = await createServer(environment, { idleTimeoutMs: 10_000, logger: silent });
  const ended = vi.fn();
  const silentOne = await server.sessions.open("socket");
  server.sessions.watch(silentOne.id, ended);
  const running = await server.sessions.open("socket");
  void running.receive('{"type":"step","data":{"deed":"hold"}}');
  const used = await server.sessions.open("socket");
  for (let seconds = 0; seconds < 20; seconds += 5) {
    await vi.advanceTimersByTimeAsync(5_000);
    await used.receive('{"type":"state"}');
  }
  expect(ended).toHaveBeenCalledOnce();
  expect(server.sessions.active).toBe(2);
});

test("shutting down lets running steps end, closes every session, and takes no more", async () => {
  const trick = trickster();
  const server = await createServer(trick.environment, { logger: silent });
  const session = await server.sessions.open("socket");
  const reply = session.receive('{"type":"step","data":{"deed":"hold"}}');
  await vi.waitFor(() => expect(trick.holding).toBe(1));
  const closing = server.close();
  expect(server.health().status).toBe("unhealthy");
  trick.release();
  expect(await reply).toContain('"done":"released"');
  await closing;
  expect(trick.log).toEqual(["reset", "hold", "close"]);
  await expect(server.sessions.open("socket")).rejects.toMatchObject({
    code: "CAPACITY_REACHED",
    message: "The server is shutting down",
  });
});

test("shutting down does not wait for a step that hangs, nor for an environment that is still being created", async () => {
  const trick = trickster();
  const server = await createServer(trick.environment, { graceMs: 20, logger: silent });
  const session = await server.sessions.open("socket");
  void session.receive('{"type":"step","data":{"deed":"hold"}}');
  await server.close();
  expect(trick.log).toEqual(["reset", "hold", "close"]);
});

test("using a session by its id, and leaving it, counts as use", async () => {
  vi.useFakeTimers();
  const server = await createServer(guess, { logger: silent });
  const { id } = await server.sessions.open("id");
  server.sessions.attach(id, undefined, () => {});
  await vi.advanceTimersByTimeAsync(60 * 60_000);
  server.sessions.detach(id);
  await vi.advanceTimersByTimeAsync(10 * 60_000);
  server.sessions.find(id);
  await vi.advanceTimersByTimeAsync(10 * 60_000);
  expect(server.sessions.active).toBe(1);
});

test("in production an environment whose reset fails is closed, and its slot is free", async () => {
  const close = vi.fn();
  const failing = {
    ...guess,
    create: () => ({
      reset: () => {
        throw new Error("no");
      },
      step: () => expect.unreachable(),
      close,
    }),
  };
  const server = await createServer(failing, { mode: "production", logger: silent });
  await expect(server.sessions.open("socket")).rejects.toMatchObject({ code: "FACTORY_ERROR" });
  expect(close).toHaveBeenCalledOnce();
  expect(server.sessions.active).toBe(0);
});

test("what an environment shares is stopped only when nothing is being created with it any more", async () => {
  const gate = Promise.withResolvers<void>();
  const order: string[] = [];
  const slow = {
    ...guess,
    start: () => undefined,
    stop: () => {
      order.push("stopped");
    },
    create: async () => {
      await gate.promise;
      order.push("created");
      return { reset: () => ({ observation: { hint: "start" } }), step: () => expect.unreachable() };
    },
  };
  const server = await createServer(slow, { logger: silent });
  const opening = server.sessions.open("socket");
  const closing = server.close();
  gate.resolve();
  await expect(opening).rejects.toMatchObject({ code: "CAPACITY_REACHED" });
  await closing;
  expect(order).toEqual(["created", "stopped"]);
});

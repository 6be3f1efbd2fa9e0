import { expect, test } from "vitest";
import { connect, inspect } from "../src/index.ts";
import { parseTarget } from "../src/target.ts";

test.each([
  ["http://localhost:8000", "ws://localhost:8000/ws", "http://localhost:8000"],
  ["https://example.org", "wss://example.org/ws", "https://example.org"],
  ["ws://localhost:8000", "ws://localhost:8000/ws", "http://localhost:8000"],
  ["wss://example.org", "wss://example.org/ws", "https://example.org"],
  ["http://localhost:8000/", "ws://localhost:8000/ws", "http://localhost:8000"],
  ["http://localhost:8000///", "ws://localhost:8000/ws", "http://localhost:8000"],
  ["http://localhost:8000/ws", "ws://localhost:8000/ws", "http://localhost:8000"],
  ["ws://localhost:8000/ws/", "ws://localhost:8000/ws", "http://localhost:8000"],
  ["ws://localhost:8000//ws", "ws://localhost:8000/ws", "http://localhost:8000"],
  ["http://example.org/env", "ws://example.org/env/ws", "http://example.org/env"],
  ["https://example.org/a/b/", "wss://example.org/a/b/ws", "https://example.org/a/b"],
  ["https://example.org/env/ws", "wss://example.org/env/ws", "https://example.org/env"],
  ["https://example.org/news", "wss://example.org/news/ws", "https://example.org/news"],
  ["HTTP://Example.org:80/Env", "ws://example.org/Env/ws", "http://example.org/Env"],
  ["WSS://EXAMPLE.ORG", "wss://example.org/ws", "https://example.org"],
  ["http://[::1]:8000", "ws://[::1]:8000/ws", "http://[::1]:8000"],
  ["http://example.org/env?key=a%20b", "ws://example.org/env/ws?key=a%20b", "http://example.org/env"],
  ["http://example.org#part", "ws://example.org/ws", "http://example.org"],
])("%s has its WebSocket at %s and its routes below %s", (address, wsUrl, httpUrl) => {
  expect(parseTarget(address)).toEqual({ wsUrl, httpUrl, socketPath: undefined });
  expect(parseTarget(new URL(address))).toEqual({ wsUrl, httpUrl, socketPath: undefined });
});

test.each([
  ["unix:/run/env.sock", "/run/env.sock"],
  ["UNIX:/run/env.sock", "/run/env.sock"],
  ["unix:///run/env.sock", "///run/env.sock"],
  ["unix:/run/an env:1.sock", "/run/an env:1.sock"],
  ["unix:/run/env.sock/ws", "/run/env.sock/ws"],
])("%s is the socket %s", (address, socketPath) => {
  expect(parseTarget(address)).toEqual({ wsUrl: "ws://localhost/ws", httpUrl: "http://localhost", socketPath });
});

test.each([
  ["http://localhost/env", "ws://localhost/env/ws?session_id=a%26b"],
  ["http://localhost?key=1", "ws://localhost/ws?key=1&session_id=a%26b"],
  ["http://localhost?session_id=old", "ws://localhost/ws?session_id=a%26b"],
  ["unix:/run/env.sock", "ws://localhost/ws?session_id=a%26b"],
])("the session a&b of %s is at %s", (address, wsUrl) => {
  expect(parseTarget(address, "a&b").wsUrl).toBe(wsUrl);
});

test.each([
  "",
  "localhost",
  "localhost:8000",
  "127.0.0.1:8000",
  "/run/env.sock",
  "unix:env.sock",
  "unix:",
  "ftp://host",
  "file:///run",
  "http://",
  "http://host:99999",
  "http://a b",
])("%j is refused with the forms that are accepted", async (address) => {
  const refusal = expect.objectContaining({
    name: "TypeError",
    message: `"${address}" is no server address: it must begin with http://, https://, ws://, wss:// or unix:/`,
  });
  expect(() => parseTarget(address)).toThrow(refusal);
  expect(() => inspect(address)).toThrow(refusal);
  await expect(connect(address)).rejects.toEqual(refusal);
});

test.each(["http://me:secret@localhost", "wss://me@localhost", "http://:secret@localhost"])(
  "%s is refused, and its secret is not repeated",
  (address) => {
    expect(() => parseTarget(address)).toThrow(
      new TypeError("a server address must not hold a user name or password: send a bearer"),
    );
  },
);

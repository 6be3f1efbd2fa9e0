import { expect, test } from "vitest";
import { parseBaseline } from "../src/index.ts";

test.each([
  ["YAML, with a sentence", "ws.binary: closes the connection"],
  ["JSON, with a sentence", '{"ws.binary": "closes the connection"}'],
  ["what happens", "ws.binary: { happens: closes the connection }"],
  ["what happens and a link", "ws.binary: { happens: closes the connection, link: https://example.org/issues/7 }"],
])("an entry may be %s", (_, text) => {
  const baseline = parseBaseline(text);
  expect(baseline.has("ws.binary")).toBe(true);
  expect(baseline.has("ws.not-object")).toBe(false);
});

test("an empty file lists nothing", () => {
  expect(parseBaseline("# nothing yet\n").stale([])).toEqual([]);
});

test.each([
  ["no object", "[]", "must hold an object"],
  ["nothing said", "ws.binary:", "ws.binary must say"],
  ["a blank sentence", "ws.binary: ' '", "ws.binary must say"],
  ["a link alone", "ws.binary: { link: https://example.org/ }", "ws.binary must say"],
  ["a list", "ws.binary: [closes]", "ws.binary must say"],
  ["a link that is none", "ws.binary: { happens: closes, link: seven }", "the link of the known failure ws.binary"],
  ["a link to a file", "ws.binary: { happens: closes, link: file:///etc/hosts }", "must be an address on the web"],
  ["a link that is no text", "ws.binary: { happens: closes, link: 7 }", "must be an address on the web"],
  ["another key", "ws.binary: { happens: closes, since: 0.3.1 }", "has no entry since"],
  ["one id twice", "ws.binary: closes\nws.binary: stays", ""],
  ["a broken file", "ws.binary: [", ""],
])("a list with %s is refused", (_, text, message) => {
  expect(() => parseBaseline(text)).toThrow(message);
});

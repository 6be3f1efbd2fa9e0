import { expect, test } from "vitest";
import { readFacts } from "../src/facts.ts";
import type { Json } from "../src/json.ts";

test.each<[string, Json, Json, string, readonly string[]]>([
  ["serves /reset", { paths: { "/reset": {} } }, {}, "simulation", ["core", "simulation-http"]],
  [
    "serves /reset although it says it is in production",
    { paths: { "/reset": {} } },
    { mode: "production" },
    "production",
    ["core", "production"],
  ],
  ["has no /reset and says it is in simulation", { paths: {} }, { mode: "simulation" }, "simulation", ["core"]],
  [
    "has no /reset and says it is in production",
    { paths: {} },
    { mode: "production" },
    "production",
    ["core", "production"],
  ],
  ["has no /reset and tells no mode", { paths: {} }, {}, "production", ["core", "production"]],
  ["has a broken document", "broken", {}, "simulation", ["core", "simulation-http"]],
])("a server that %s", async (_, openapi, metadata, mode, profiles) => {
  const documents: Record<string, Json> = { "/openapi.json": openapi, "/metadata": metadata };
  const facts = await readFacts(new URL("http://server.invalid"), async ({ path }) => ({
    version: "1.1",
    reused: false,
    status: 200,
    headers: {},
    text: "",
    json: documents[path] ?? {},
  }));
  expect([facts.mode, [...facts.profiles]]).toEqual([mode, profiles]);
});

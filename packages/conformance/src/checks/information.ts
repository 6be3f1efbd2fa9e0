import { checksOf } from "../check.ts";
import { expectObject, expectThat } from "../expect.ts";
import { isObject, type Json, type JsonObject, show } from "../json.ts";
import type { Server } from "../server.ts";
import { expectEqual } from "../verdict.ts";
import { firstReply } from "./alive.ts";
import { fillSlots } from "./fill-slots.ts";
import { openSessions } from "./open-sessions.ts";
import { answered, informationPaths, serves } from "./requests.ts";

const requirement = checksOf("core");

const nullableKeys = ["readme_content", "version", "author", "documentation_url"];
const metadataKeys = ["name", "description", ...nullableKeys];

async function document(server: Server, path: string): Promise<JsonObject> {
  return expectObject(`the body of GET ${path}`, (await answered(server, { path }, 200)).json);
}

function isCount(value: Json | undefined): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0;
}

/** What a server tells of itself. */
export const informationChecks = [
  requirement("http.health-answer", async (server) => {
    const { reply } = await firstReply(server, { type: "state" });
    const refused = isObject(reply.data) && reply.data.code === "FACTORY_ERROR";
    const { status } = await document(server, "/health");
    // A session that has just been created says that the last environment could be.
    const expected = refused ? ["healthy", "degraded"] : ["healthy"];
    expectThat(
      expected.some((each) => each === status),
      `GET /health while the server takes sessions: expected the status ${expected.join(" or ")}, got ${show(status)}`,
    );
  }),
  requirement("http.health-full", { alone: true }, async (server) => {
    await fillSlots(server);
    const { status } = await document(server, "/health");
    expectEqual("the status that GET /health tells while every slot is taken", status, "healthy");
  }),
  requirement("http.health-cheap", { alone: true }, async (server) => {
    await fillSlots(server);
    const before = await openSessions(server);
    for (const path of ["/metadata", "/schema", "/health"]) await document(server, path);
    const after = await openSessions(server);
    expectEqual("`active_sessions` after these requests, while every slot is taken", after, before);
  }),
  requirement("http.health-slots", async (server) => {
    const { reply } = await firstReply(server, { type: "state" });
    const { active_sessions: active, max_sessions: max } = await document(server, "/health");
    expectThat(isCount(active), `GET /health: expected the integer \`active_sessions\`, got ${show(active)}`);
    expectThat(isCount(max), `GET /health: expected the integer \`max_sessions\`, got ${show(max)}`);
    if (isObject(reply.data) && reply.data.code === "FACTORY_ERROR") return;
    expectThat(active >= 1 && active <= max, `GET /health: expected 1 to ${max} active sessions, got ${active}`);
  }),
  requirement("http.metadata-answer", async (server) => {
    const metadata = await document(server, "/metadata");
    for (const key of metadataKeys) expectThat(key in metadata, `GET /metadata: the key ${key} is missing`);
  }),
  requirement("http.metadata-nulls", async (server) => {
    const metadata = await document(server, "/metadata");
    for (const key of metadataKeys) {
      const value = metadata[key];
      const right = typeof value === "string" || (value === null && nullableKeys.includes(key));
      const expected = nullableKeys.includes(key) ? "a string or null" : "a string";
      expectThat(right, `GET /metadata: expected ${key} to be ${expected}, got ${show(value)}`);
    }
  }),
  requirement("http.metadata-mode", async (server) => {
    const { mode, protocol_revision: revision } = await document(server, "/metadata");
    expectEqual("`mode` of GET /metadata", mode, server.facts.mode);
    expectThat(typeof revision === "string", `GET /metadata: expected a protocol_revision, got ${show(revision)}`);
  }),
  requirement("http.metadata-own", async (server) => {
    const { mode, protocol_revision: revision, ...others } = await document(server, "/metadata");
    // Older servers tell neither; where they stand they must be those of the server.
    if (mode !== undefined) expectEqual("`mode` of GET /metadata", mode, server.facts.mode);
    if (revision !== undefined)
      expectThat(typeof revision === "string", `GET /metadata: expected a protocol_revision, got ${show(revision)}`);
    for (const key of metadataKeys)
      expectThat(
        others[key] === null || typeof others[key] === "string",
        `GET /metadata: expected text or null as ${key}, got ${show(others[key])}`,
      );
  }),
  requirement("http.openapi-answer", async (server) => {
    const { openapi, info, paths, components, webhooks } = await document(server, "/openapi.json");
    expectThat(
      typeof openapi === "string" && /^3\.1(\.|$)/.test(openapi),
      `GET /openapi.json: expected \`openapi\` of 3.1, got ${show(openapi)}`,
    );
    const { title, version } = expectObject("`info` of GET /openapi.json", info);
    for (const value of [title, version])
      expectThat(typeof value === "string", `GET /openapi.json: expected a title and a version, got ${show(info)}`);
    expectThat(
      [paths, components, webhooks].some(isObject),
      "GET /openapi.json: OpenAPI 3.1 wants `paths`, `components` or `webhooks`",
    );
  }),
  requirement("http.openapi-version", async (server) => {
    const { info } = await document(server, "/openapi.json");
    expectEqual("`info.version` of GET /openapi.json", isObject(info) ? info.version : undefined, "1.0.0");
  }),
  requirement("http.openapi-paths", async (server) => {
    const { paths } = await document(server, "/openapi.json");
    for (const path of ["/reset", "/step", "/state"]) {
      const told = isObject(paths) && path in paths;
      const served = await serves(server, path);
      expectThat(
        told === served,
        `the server ${served ? "serves" : "does not serve"} ${path}, and its OpenAPI document ${told ? "has" : "does not have"} it`,
      );
    }
  }),
  requirement("http.answer-schema", { alone: true }, async (server) => {
    for (const path of [...informationPaths, "/no-such-route"]) await server.http({ path });
    await server.http({ method: "DELETE", path: "/health" });
    if (server.facts.profiles.has("simulation-http")) {
      for (const path of ["/reset", "/step"])
        await server.http({ method: "POST", path, json: { action: 7, seed: "x" } });
      await server.http({ method: "POST", path: "/reset" });
      await server.http({ path: "/state" });
    }
    const [first, ...others] = server.log.mismatches("http");
    expectThat(
      first === undefined,
      `${others.length + 1} kinds of answers do not match their schema; the first: ${first}`,
    );
  }),
];

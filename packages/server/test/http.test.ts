import { expect, onTestFinished, test } from "vitest";
import { createServer, type EnvironmentServer, fetchHandler, type ServerOptions } from "../src/index.ts";
import { guess, silent, trickster } from "./environments.ts";

type Ask = (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Response>;

async function open(
  options: ServerOptions = {},
  environment: Parameters<typeof createServer>[0] = guess,
): Promise<{ ask: Ask; server: EnvironmentServer }> {
  const server = await createServer(environment, { logger: silent, ...options });
  onTestFinished(() => server.close());
  const handle = fetchHandler(server);
  const ask: Ask = (method, path, body, headers = {}) =>
    handle(
      new Request(`http://localhost${path}`, {
        method,
        headers: { "content-type": "application/json", ...headers },
        ...(body !== undefined && {
          body: typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body),
        }),
      }),
    );
  return { ask, server };
}

test.each([
  ["/reset", undefined],
  ["/reset", {}],
  ["/reset", "null"],
  ["/reset", { unknown: 1, seed: 7, episode_id: null }],
  ["/step", { action: { guess: 5 } }],
  ["/step", { action: { guess: 5, metadata: {} }, timeout_s: 3, request_id: "r", more: true }],
])("POST %s with %j is answered by an environment of its own", async (path, body) => {
  const { ask, server } = await open();
  const response = await ask("POST", path, body);
  expect(response.status).toBe(200);
  expect(response.headers.get("openenv-session")).toBe("none");
  expect(await response.json()).toMatchObject({ observation: { hint: expect.any(String) }, done: false });
  expect(server.sessions.active).toBe(0);
});

test.each([
  ["/reset", { seed: -1 }, "VALIDATION_ERROR", ["body", "seed"], /must be >= 0/],
  ["/reset", { seed: 2 ** 53 }, "VALIDATION_ERROR", ["body", "seed"], /must be <= 9007199254740991/],
  ["/reset", { episode_id: "x".repeat(256) }, "VALIDATION_ERROR", ["body", "episode_id"], /255/],
  ["/reset", [], "VALIDATION_ERROR", ["body"], /must be object/],
  ["/reset", { target: 0 }, "VALIDATION_ERROR", ["target"], /must be >= 1/],
  ["/reset", '{"seed"', "INVALID_JSON", ["body"], /Invalid JSON/],
  ["/reset", new Uint8Array([0xff, 0xfe]), "INVALID_JSON", ["body"], /not UTF-8/],
  ["/step", {}, "VALIDATION_ERROR", ["body", "action"], /is required/],
  ["/step", undefined, "VALIDATION_ERROR", ["body"], /must be object/],
  ["/step", { action: { guess: 0 } }, "VALIDATION_ERROR", ["guess"], /must be >= 1/],
  ["/step", { action: { guess: 1 }, timeout_s: 0 }, "VALIDATION_ERROR", ["body", "timeout_s"], /must be > 0/],
])("POST %s with %j is refused with 422 and names the field", async (path, body, code, loc, msg) => {
  const { ask, server } = await open();
  const response = await ask("POST", path, body);
  expect(response.status).toBe(422);
  const answer: unknown = await response.json();
  expect(answer).toMatchObject({ code });
  expect(Reflect.get(Object(answer), "detail")).toContainEqual(
    expect.objectContaining({ loc, msg: expect.stringMatching(msg) }),
  );
  expect(server.sessions.active).toBe(0);
});

test("a body that says it is not JSON is refused", async () => {
  const { ask } = await open();
  expect((await ask("POST", "/reset", "{}", { "content-type": "text/plain" })).status).toBe(422);
});

test("a session is made by header, kept between requests, and told in every answer", async () => {
  const { ask } = await open();
  const made = await ask("POST", "/reset", { target: 9 }, { "openenv-session": "new" });
  const id = made.headers.get("openenv-session") ?? "";
  expect(id).toMatch(/^[0-9a-f]{32}$/);
  expect(await made.json()).not.toHaveProperty("session");
  const session = { "openenv-session": id };
  const stepped = await ask("POST", "/step", { action: { guess: 9 } }, session);
  expect(await stepped.json()).toEqual({ observation: { hint: "found" }, reward: 1, done: true });
  expect(stepped.headers.get("openenv-session")).toBe(id);
  expect(await (await ask("GET", "/state", undefined, session)).json()).toMatchObject({ step_count: 1, target: 9 });
  const refused = await ask("POST", "/step", { action: {} }, session);
  expect([refused.status, refused.headers.get("openenv-session")]).toEqual([422, id]);
});

test("an unknown session, and one of another bearer, is 404", async () => {
  const { ask } = await open();
  expect((await ask("GET", "/state", undefined, { "openenv-session": "nope" })).status).toBe(404);
  const made = await ask("POST", "/reset", {}, { "openenv-session": "new", authorization: "Bearer mine" });
  const id = made.headers.get("openenv-session") ?? "";
  const as = async (authorization: string) =>
    (await ask("GET", "/state", undefined, { "openenv-session": id, authorization })).status;
  expect([await as("Bearer mine"), await as("Bearer yours"), await as("")]).toEqual([200, 404, 404]);
});

test("a full server answers 503", async () => {
  const { ask, server } = await open({ maxSessions: 1 });
  await server.sessions.open("socket");
  const response = await ask("POST", "/reset", {});
  expect(response.status).toBe(503);
  expect(await response.json()).toEqual({
    detail: "Server at capacity: 1/1 sessions active",
    code: "CAPACITY_REACHED",
  });
});

test("a step that outlives timeout_s is aborted and told, and its session goes on", async () => {
  const { ask } = await open({}, trickster().environment);
  const made = await ask("POST", "/reset", {}, { "openenv-session": "new" });
  const session = { "openenv-session": made.headers.get("openenv-session") ?? "" };
  const late = await ask("POST", "/step", { action: { deed: "until-aborted" }, timeout_s: 0.01 }, session);
  expect(late.status).toBe(500);
  expect(await late.json()).toEqual({ detail: "The step did not end within 0.01 s", code: "EXECUTION_ERROR" });
  expect((await ask("POST", "/step", { action: { deed: "greet" } }, session)).status).toBe(200);
});

test.each([
  ["throw", "secret detail"],
  ["bigint", "The environment returned what JSON cannot hold"],
])("an environment that does %s answers 500 as JSON", async (deed, detail) => {
  const { ask } = await open({}, trickster().environment);
  const response = await ask("POST", "/step", { action: { deed } });
  expect(response.status).toBe(500);
  expect(await response.json()).toEqual({ detail, code: "EXECUTION_ERROR" });
});

test("the information routes tell what the environment is", async () => {
  const { ask } = await open();
  const get = async (path: string): Promise<unknown> => (await ask("GET", path)).json();
  expect(await get("/health")).toEqual({ status: "healthy", active_sessions: 0, max_sessions: 256 });
  expect(await get("/metadata")).toEqual({
    name: "guess",
    description: "Guess a number between 1 and 100.",
    readme_content: null,
    version: null,
    author: null,
    documentation_url: null,
    mode: "simulation",
    protocol_revision: expect.stringMatching(/^\d{4}-\d{2}$/),
  });
  expect(await get("/schema")).toMatchObject({
    action: { additionalProperties: false, properties: { guess: { type: "integer" }, metadata: { type: "object" } } },
    observation: { properties: { hint: { enum: ["higher", "lower", "found", "start"] } } },
    state: { required: ["episode_id", "step_count", "guesses"] },
  });
  expect(await get("/openapi.json")).toMatchObject({
    info: { title: "guess", version: "1.0.0" },
    paths: { "/reset": {}, "/step": {}, "/state": {}, "/mcp": {} },
  });
});

test("an environment of tools alone publishes call_tool as its action", async () => {
  const { action: _, ...toolsOnly } = trickster().environment;
  const { ask } = await open({}, toolsOnly);
  expect(await (await ask("GET", "/schema")).json()).toMatchObject({
    action: { properties: { type: { const: "call_tool" } } },
  });
});

test("in production there is no reset, step or state, nor a word of them", async () => {
  const { ask } = await open({ mode: "production" });
  for (const [method, path] of [
    ["POST", "/reset"],
    ["POST", "/step"],
    ["GET", "/state"],
  ] as const) {
    const response = await ask(method, path, method === "POST" ? {} : undefined);
    expect([response.status, await response.json()]).toEqual([404, { detail: "Not Found" }]);
  }
  const openApi: unknown = await (await ask("GET", "/openapi.json")).json();
  expect(Object.keys(Reflect.get(Object(openApi), "paths"))).toEqual(["/health", "/metadata", "/schema", "/mcp"]);
});

test("unhealthy is told with 503 while the server shuts down", async () => {
  const { ask, server } = await open();
  await server.close();
  const response = await ask("GET", "/health");
  expect([response.status, await response.json()]).toMatchObject([503, { status: "unhealthy" }]);
});

test.each([
  ["GET", "/nope", 404],
  ["GET", "/__proto__", 404],
  ["GET", "/constructor", 404],
  ["GET", "/reset", 405],
  ["POST", "/health", 405],
  ["HEAD", "/health", 405],
  ["GET", "/mcp", 405],
  ["DELETE", "/mcp", 405],
])("%s %s is %i, as JSON", async (method, path, status) => {
  const { ask } = await open();
  const response = await ask(method, path);
  expect(response.status).toBe(status);
  expect(response.headers.get("content-type")).toBe("application/json");
});

test("a body over the limit is 413, told by its length or found while it is read", async () => {
  const { ask } = await open({ maxMessageBytes: 100 });
  expect((await ask("POST", "/reset", { text: "x".repeat(100) })).status).toBe(413);
});

test.each([
  [{ origin: "https://evil.example" }, 403],
  [{ origin: "null" }, 403],
  [{ origin: "http://localhost" }, 200],
  [{ origin: "https://friend.example" }, 200],
])("a browser's request with %j is %i", async (headers, status) => {
  const { ask } = await open({ allowedOrigins: ["https://friend.example"] });
  expect((await ask("POST", "/reset", {}, headers)).status).toBe(status);
});

test.each([
  ["/reset", { seed: -1 }, {}, 422],
  ["/reset", { target: 0 }, { "openenv-session": "new" }, 422],
  ["/step", { action: { guess: 0 } }, { "openenv-session": "new" }, 422],
  ["/reset", {}, { "openenv-session": "nope" }, 404],
])("POST %s with %j and %j fails with %i, leaves no session, and says so", async (path, body, headers, status) => {
  const { ask, server } = await open();
  const response = await ask("POST", path, body, headers);
  expect([response.status, response.headers.get("openenv-session")]).toEqual([status, "none"]);
  expect(server.sessions.active).toBe(0);
});

import { checksOf } from "../check.ts";
import { expectThat } from "../expect.ts";
import { isObject, type Json, show } from "../json.ts";
import type { Server } from "../server.ts";
import { expectEqual, violated } from "../verdict.ts";
import type { HttpRequest } from "../wire/http.ts";
import { fillSlots } from "./fill-slots.ts";
import {
  answered,
  ask,
  describeRequest,
  endSession,
  type Headers,
  inSession,
  newSession,
  post,
  postText,
  resetRequest,
  sessionHeader,
  toldSession,
} from "./requests.ts";
import { freshId } from "./standing.ts";

const requirement = checksOf("simulation-http");

/** No ids, and none that could be taken for `new`. */
const strangeIds = ["NEW", "New", "none", "", "no-such-session", "0".repeat(32), "new,new", "null"];

/** A reset, a step and a question for the state. */
async function threeRequests(server: Server, headers: Headers): Promise<readonly HttpRequest[]> {
  const action = await server.actions.valid();
  return [resetRequest(server, {}, headers), post("/step", { action }, headers), { path: "/state", headers }];
}

async function episodeOf(server: Server, headers: Headers = {}): Promise<Json | undefined> {
  const { json } = await answered(server, { path: "/state", headers }, 200);
  return isObject(json) ? json.episode_id : undefined;
}

/** Waits until no more sessions are open than `before`; undefined stands for a server that does not tell. */
async function expectNoMoreSessions(server: Server, before: Json | undefined, what: string): Promise<void> {
  if (typeof before !== "number") return;
  const end = Date.now() + server.deadlineMs;
  for (;;) {
    const open = await activeSessions(server);
    if (typeof open === "number" && open <= before) return;
    if (Date.now() > end) violated(`${what}: ${before} sessions were open before, and ${show(open)} stayed open`);
  }
}

async function activeSessions(server: Server): Promise<Json | undefined> {
  const { json } = await server.http({ path: "/health" });
  return isObject(json) ? json.active_sessions : undefined;
}

/** Requests that fail once an environment is there for them, or before. */
async function failingRequests({ actions }: Server): Promise<readonly HttpRequest[]> {
  const headers = inSession("new");
  const { raises, invalid, invalidOption } = actions.script;
  const failing = [
    postText("/reset", "not json", headers),
    post("/reset", { seed: -1 }, headers),
    post("/step", {}, headers),
  ];
  for (const action of [raises, invalid]) if (action !== undefined) failing.push(post("/step", { action }, headers));
  if (invalidOption !== undefined) failing.push(post("/reset", invalidOption, headers));
  return failing;
}

async function expectTold(server: Server, asked: HttpRequest, expected: string): Promise<void> {
  const told = (await ask(server, asked)).headers["openenv-session"];
  expectThat(
    told === expected,
    `${describeRequest(asked)}: expected ${sessionHeader}: ${expected} in the answer, got ${told ?? "no such header"}`,
  );
}

async function expectErrorTold(server: Server, asked: HttpRequest, expected: readonly string[]): Promise<void> {
  const { status, headers } = await ask(server, asked);
  expectThat(status >= 400, `${describeRequest(asked)}: expected an error, got status ${status}`);
  const told = headers["openenv-session"];
  expectThat(
    expected.some((each) => each === told),
    `${describeRequest(asked)}: expected ${sessionHeader}: ${expected.join(" or ")}, got ${told ?? "no such header"}`,
  );
}

/** Sessions over HTTP: the header OpenEnv-Session. */
export const httpSessionChecks = [
  requirement("http.session-none", { alone: true }, async (server) => {
    const before = await activeSessions(server);
    for (let round = 0; round < 3; round++) {
      const episode = freshId();
      await answered(server, resetRequest(server, { episode_id: episode }), 200);
      expectEqual(
        "the episode_id of a request without the header, after a reset without it",
        await episodeOf(server),
        null,
      );
    }
    await expectNoMoreSessions(server, before, "requests without the header");
  }),
  requirement("http.session-none-capacity", { alone: true }, async (server) => {
    await fillSlots(server);
    for (const asked of await threeRequests(server, {})) {
      const { status } = await server.http(asked);
      expectThat(
        status === 503,
        `${describeRequest(asked)} while every slot is taken: expected status 503, got ${status}`,
      );
    }
  }),
  requirement("http.session-new", async (server) => {
    const episode = freshId();
    const id = await newSession(server, { episode_id: episode });
    for (let round = 0; round < 2; round++)
      expectEqual("the episode_id in a session made by a reset", await episodeOf(server, inSession(id)), episode);
    if (!server.facts.profiles.has("mcp")) return;
    await endSession(server, id);
    const asked = { path: "/state", headers: inSession("new") };
    const other = toldSession(await answered(server, asked, 200));
    if (other === undefined) violated(`${describeRequest(asked)}: the answer tells no id in ${sessionHeader}`);
    expectThat(other !== id, "expected a new session, and got the id of one that has ended");
    await answered(server, resetRequest(server, { episode_id: episode }, inSession(other)), 200);
    expectEqual("the episode_id in a session made by GET /state", await episodeOf(server, inSession(other)), episode);
  }),
  requirement("http.session-new-failed", { alone: true }, async (server) => {
    const before = await activeSessions(server);
    for (const asked of await failingRequests(server)) await expectErrorTold(server, asked, ["none"]);
    await expectNoMoreSessions(server, before, "new sessions whose first request failed");
  }),
  requirement("http.session-id", async (server) => {
    const id = await newSession(server);
    const headers = inSession(id);
    for (let round = 0; round < 2; round++) {
      const episode = freshId();
      await answered(server, resetRequest(server, { episode_id: episode }, headers), 200);
      expectEqual("the episode_id in the session that was reset", await episodeOf(server, headers), episode);
    }
    const stepped = await ask(server, post("/step", { action: await server.actions.valid() }, headers));
    const { json } = await answered(server, { path: "/state", headers }, 200);
    const steps = isObject(json) ? json.step_count : undefined;
    expectEqual("step_count in the session after a step", steps, stepped.status === 200 ? 1 : 0);
  }),
  requirement("http.session-unknown", async (server) => {
    for (const id of strangeIds) {
      for (const asked of await threeRequests(server, inSession(id))) {
        const { json } = await answered(server, asked, 404);
        const code = isObject(json) ? json.code : undefined;
        expectThat(code === "SESSION_ERROR", `${describeRequest(asked)}: expected SESSION_ERROR, got ${show(json)}`);
      }
    }
  }),
  requirement("http.session-told", async (server) => {
    for (const asked of await threeRequests(server, {})) await expectTold(server, asked, "none");
    const id = await newSession(server);
    for (const asked of await threeRequests(server, inSession(id))) await expectTold(server, asked, id);
  }),
  requirement("http.session-told-error", async (server) => {
    const malformed = (headers: Headers): readonly HttpRequest[] => [
      post("/reset", [], headers),
      postText("/step", "not json", headers),
      post("/step", {}, headers),
    ];
    for (const headers of [{}, inSession("no-such-session")])
      for (const asked of malformed(headers)) await expectErrorTold(server, asked, ["none"]);
    await expectErrorTold(server, { path: "/state", headers: inSession("no-such-session") }, ["none"]);
    const id = await newSession(server);
    // What is malformed may be refused before anyone looks for the session.
    for (const asked of malformed(inSession(id))) await expectErrorTold(server, asked, [id, "none"]);
    const { raises } = server.actions.script;
    if (raises !== undefined) await expectErrorTold(server, post("/step", { action: raises }, inSession(id)), [id]);
  }),
  requirement("http.session-body", async (server) => {
    const id = await newSession(server);
    for (const asked of await threeRequests(server, inSession(id))) {
      const { text } = await ask(server, asked);
      expectThat(
        !text.includes(id),
        `${describeRequest(asked)}: expected a body without the session's id, got ${text}`,
      );
    }
  }),
];

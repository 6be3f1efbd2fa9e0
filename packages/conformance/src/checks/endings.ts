import { setTimeout as delay } from "node:timers/promises";
import { checksOf } from "../check.ts";
import { expectErrorCode, expectThat } from "../expect.ts";
import { isObject, type JsonObject, show } from "../json.ts";
import type { Server } from "../server.ts";
import { notApplicable, sameJson, violated } from "../verdict.ts";
import type { Connection } from "../wire/connection.ts";
import type { HttpAnswer } from "../wire/http.ts";
import { expectStanding, freshId, standing } from "./standing.ts";

const requirement = checksOf("core");
const mode = "simulation";

/** How long a silence is long enough for an environment that acts by itself, in milliseconds. */
const silenceMs = 2000;

/** A finished episode on a connection, and its id. */
async function finish(server: Server, connection: Connection): Promise<string> {
  const action = server.actions.scripted("finishes");
  const episode_id = freshId();
  await server.reset(connection, { episode_id });
  const { done } = await server.step(connection, action);
  expectThat(done === true, `expected done of true after the action that the script has as \`finishes\`, got ${done}`);
  return episode_id;
}

/** What may and may not happen after `done`, and while nothing is sent. */
export const endingChecks = [
  requirement("episode.done-open", { mode }, async (server) => {
    const connection = await server.session();
    const episode_id = await finish(server, connection);
    await expectStanding(server, connection, "of the finished episode", { episode_id, step_count: 1 });
    await server.reset(connection);
    await server.step(connection);
  }),
  requirement("episode.done-action", { mode }, async (server) => {
    const connection = await server.session();
    const episode_id = await finish(server, connection);
    const reply = await connection.ask({ type: "step", data: await server.actions.valid() });
    // The environment may answer or fail. What it may not is never to be asked.
    if (reply.type !== "observation") expectErrorCode(reply, "EXECUTION_ERROR");
    const step_count = reply.type === "observation" ? 2 : 1;
    await expectStanding(server, connection, "after an action that came after done", { episode_id, step_count });
  }),
  requirement("episode.time-unhurried", { mode, slow: true }, async (server) => {
    const connection = await server.session();
    await server.reset(connection, { episode_id: freshId() });
    await server.step(connection);
    const before = await standing(server, connection);
    await delay(silenceMs);
    await expectStanding(server, connection, `after ${silenceMs / 1000} seconds of silence`, before);
  }),
  checksOf("simulation-http")("episode.deadline-turn", { mode, slots: 2 }, async (server) => {
    const reference = await openDeadlineSession(server);
    const fresh = await reference.own();
    await reference.step();
    const once = await reference.own();
    await reference.step();
    const twice = await reference.own();
    if (sameJson(fresh, once) || sameJson(once, twice) || sameJson(fresh, twice))
      notApplicable("the state does not tell how often the slow action ran; shown by an environment whose state does");
    const session = await openDeadlineSession(server);
    if (!sameJson(await session.own(), fresh)) notApplicable("the environment does not repeat its episodes");
    const { status } = await session.step(0.05);
    if (status !== 500) notApplicable("the action that the script has as `slow` ended before its deadline");
    const meanwhile = await session.own();
    await session.step();
    const after = await session.own();
    // A step that was asked to stop may have had no effect. One whose effect comes later was still running.
    if (sameJson(meanwhile, fresh) && sameJson(after, twice))
      violated(`the state ${show(meanwhile)} was told while a step that outlived its deadline still ran`);
  }),
];

interface DeadlineSession {
  /** The slow action, with a deadline in seconds where one is given. */
  step(timeout_s?: number): Promise<HttpAnswer>;
  /** The environment's own keys of the state. */
  own(): Promise<JsonObject>;
}

/** A session over HTTP, reset with a seed: the door that has a deadline for a step. */
async function openDeadlineSession(server: Server): Promise<DeadlineSession> {
  const action = server.actions.scripted("slow");
  const { headers } = await server.http({
    method: "POST",
    path: "/reset",
    headers: { "OpenEnv-Session": "new" },
    json: { ...server.actions.script.reset, seed: 5 },
  });
  const id = headers["openenv-session"];
  if (typeof id !== "string" || id === "none") return violated("POST /reset gave no session");
  const session = { "OpenEnv-Session": id };
  return {
    step: (timeout_s) => server.http({ method: "POST", path: "/step", headers: session, json: { action, timeout_s } }),
    async own() {
      const { json } = await server.http({ path: "/state", headers: session });
      if (!isObject(json)) return violated("GET /state gave no state");
      const { episode_id: _, step_count: __, ...own } = json;
      return own;
    },
  };
}

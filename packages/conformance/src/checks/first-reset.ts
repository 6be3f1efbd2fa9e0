import { checksOf } from "../check.ts";
import { expectThat } from "../expect.ts";
import { isObject, type JsonObject, show } from "../json.ts";
import type { Server } from "../server.ts";
import { notApplicable } from "../verdict.ts";
import { expectStanding, freshId } from "./standing.ts";

const requirement = checksOf("core");
const mode = "simulation";

/** The reply to a reset without any options, as the first message of a session. */
async function bareReset(server: Server): Promise<JsonObject> {
  const connection = await server.session();
  const reply = await connection.ask({ type: "reset" });
  await connection.close();
  return reply;
}

/** The reset that a server runs by itself before the first action of a session. */
export const firstResetChecks = [
  requirement("episode.auto-reset", { mode }, async (server) => {
    if ((await bareReset(server)).type === "error")
      notApplicable("this environment cannot be reset without options, so nothing can follow that reset");
    const openers: ((connection: Awaited<ReturnType<Server["session"]>>) => Promise<unknown>)[] = [
      (connection) => server.step(connection),
    ];
    if (server.facts.tools !== undefined && server.facts.tools.length > 0) {
      const call = await server.actions.call();
      const action = { type: "call_tool", tool_name: call.name, arguments: call.arguments };
      const data = { jsonrpc: "2.0", id: 1, method: "tools/call", params: call };
      openers.push(
        (connection) => server.step(connection, action),
        (connection) => connection.ask({ type: "mcp", data }),
      );
    }
    for (const begin of openers) {
      const connection = await server.session();
      await begin(connection);
      const { episode_id, step_count } = await server.state(connection);
      expectThat(
        typeof episode_id === "string" && step_count === 1,
        `expected an episode of one step after an action in a fresh session, got ${show({ episode_id, step_count })}`,
      );
      await connection.close();
    }
  }),
  requirement("episode.auto-reset-silent", { mode }, async (server) => {
    const connection = await server.session();
    connection.send({ type: "step", data: await server.actions.valid() });
    connection.send({ type: "state" });
    await connection.message("the reply to the action");
    const second = await connection.message("the reply to state");
    expectThat(second.type === "state", `expected one reply to the action and then the state, got ${show(second)}`);
  }),
  requirement("episode.auto-reset-failed", { mode }, async (server) => {
    const { type, data: reason } = await bareReset(server);
    if (type !== "error" || !isObject(reason))
      notApplicable("a reset without options works here; shown by an environment that needs an option");
    const connection = await server.session();
    for (let attempt = 0; attempt < 2; attempt++) {
      const { data } = await connection.ask({ type: "step", data: await server.actions.valid() });
      expectThat(
        isObject(data) && data.code === reason.code,
        `expected the error of the reset, ${show(reason)}, got ${show(data)}`,
      );
      await expectStanding(server, connection, "after the failed reset", { episode_id: null, step_count: 0 });
    }
  }),
  requirement("episode.auto-reset-once", { mode }, async (server) => {
    const finishes = server.actions.scripted("finishes");
    const connection = await server.session();
    const episode_id = freshId();
    await server.reset(connection, { episode_id });
    await server.step(connection);
    await server.step(connection, finishes);
    const { type } = await connection.ask({ type: "step", data: await server.actions.valid() });
    const step_count = type === "observation" ? 3 : 2;
    await expectStanding(server, connection, "after an action that came after done", { episode_id, step_count });
  }),
];

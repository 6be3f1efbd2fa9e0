import { checksOf } from "../check.ts";
import { expectErrorCode, expectThat } from "../expect.ts";
import { isObject, type JsonObject, show } from "../json.ts";
import type { Server } from "../server.ts";
import { notApplicable } from "../verdict.ts";
import type { Connection } from "../wire/connection.ts";
import { staysUndisturbed } from "./play.ts";
import { expectStanding, freshId, standing } from "./standing.ts";

const requirement = checksOf("core");
const mode = "simulation";

/** Sends every action that does not match, and expects each to be refused. */
async function sendInvalids(server: Server, connection: Connection): Promise<void> {
  for (const action of await server.actions.invalids()) {
    const reply = await connection.ask({ type: "step", data: action });
    expectThat(
      reply.type === "error" && isObject(reply.data) && reply.data.code === "VALIDATION_ERROR",
      `the action ${show(action)} does not match the published schema: expected VALIDATION_ERROR, got ${show(reply)}`,
    );
  }
}

/** What an action is, and what becomes of one that does not match. */
export const actionChecks = [
  requirement("episode.action-schema", { mode }, async (server) => {
    const connection = await server.session();
    await server.reset(connection);
    await sendInvalids(server, connection);
  }),
  requirement("episode.action-unreached", { mode }, async (server) => {
    const connection = await server.session();
    const same = await staysUndisturbed(server, connection, () => sendInvalids(server, connection));
    if (same === undefined) notApplicable("the environment does not repeat episodes, so none can be compared");
    expectThat(same, "expected the episode to go on as without the refused actions; it went another way");
  }),
  requirement("episode.action-refused", { mode }, async (server) => {
    const connection = await server.session();
    await sendInvalids(server, connection);
    const fresh = { episode_id: null, step_count: 0 };
    await expectStanding(server, connection, "of a fresh session after actions that were refused", fresh);
    await server.reset(connection, { episode_id: freshId() });
    await connection.ask({ type: "step", data: await server.actions.valid() });
    const before = await standing(server, connection);
    await sendInvalids(server, connection);
    await expectStanding(server, connection, "after actions that were refused", before);
  }),
  requirement("episode.action-strict", { mode }, async (server) => {
    const connection = await server.session();
    const valid = await server.actions.valid();
    const [key = "type"] = Object.keys(valid);
    const unknown = { ...valid, "an unknown key": 1 };
    if (server.actions.matches(unknown)) notApplicable("the published schema of actions allows every key");
    const candidates = [unknown, { ...valid, [`${key} `]: valid[key] }, { ...valid, action: valid }, { action: valid }];
    await server.reset(connection);
    for (const action of candidates.filter((each) => !server.actions.matches(each)))
      expectErrorCode(await connection.ask({ type: "step", data: action }), "VALIDATION_ERROR");
  }),
  requirement("episode.action-metadata", { mode }, async (server) => {
    const connection = await server.session();
    for (const metadata of [{}, { note: "x", nested: { list: [1] } }]) {
      await server.reset(connection);
      const reply = await connection.ask({ type: "step", data: { ...(await server.actions.valid()), metadata } });
      // The environment may fail; that is no refusal of the key.
      if (reply.type !== "observation") expectErrorCode(reply, "EXECUTION_ERROR");
    }
  }),
  requirement("episode.step-count", { mode }, async (server) => {
    const connection = await server.session();
    const episode_id = freshId();
    await server.reset(connection, { episode_id });
    let step_count = 0;
    const count = async (action?: JsonObject): Promise<void> => {
      const { done } = await server.step(connection, action);
      step_count = done === true ? 0 : step_count + 1;
      if (done === true) await server.reset(connection, { episode_id });
      await expectStanding(server, connection, "after an action that was answered", { episode_id, step_count });
    };
    await count();
    await count();
    if (server.facts.tools === undefined || server.facts.tools.length === 0) return;
    const call = await server.actions.call();
    await count({ type: "call_tool", tool_name: call.name, arguments: call.arguments });
    await count({ type: "call_tool", tool_name: "no such tool", arguments: {} });
    await server.step(connection, { type: "list_tools" });
    await expectStanding(server, connection, "after list_tools, which is no step", { episode_id, step_count });
  }),
  requirement("episode.step-count-failed", { mode }, async (server) => {
    const { raises } = server.actions.script;
    const connection = await server.session();
    const episode_id = freshId();
    await server.reset(connection, { episode_id });
    await server.step(connection);
    const before = await standing(server, connection);
    if (raises === undefined) await sendInvalids(server, connection);
    else expectErrorCode(await connection.ask({ type: "step", data: raises }), "EXECUTION_ERROR");
    await expectStanding(server, connection, "after an action that was answered with an error", before);
  }),
];

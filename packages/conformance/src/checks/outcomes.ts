import { compileSchema } from "../actions.ts";
import { checksOf } from "../check.ts";
import { expectErrorCode, expectObject, expectThat } from "../expect.ts";
import { isObject, type Json, type JsonObject, show } from "../json.ts";
import type { Script } from "../script.ts";
import type { Server } from "../server.ts";
import { notApplicable } from "../verdict.ts";

const requirement = checksOf("core");
const mode = "simulation";

/** The outcomes of a reset, of an action and, where there are tools, of both reserved actions. */
async function outcomes(server: Server): Promise<readonly (readonly [string, JsonObject])[]> {
  const connection = await server.session();
  const seen: [string, JsonObject][] = [["a reset", await server.reset(connection)]];
  seen.push(["a step", await server.step(connection)]);
  if (server.facts.tools === undefined || server.facts.tools.length === 0) return seen;
  const call = await server.actions.call();
  await server.reset(connection);
  const action = { type: "call_tool", tool_name: call.name, arguments: call.arguments };
  seen.push(["call_tool", await server.step(connection, action)]);
  seen.push(["list_tools", await server.step(connection, { type: "list_tools" })]);
  return seen;
}

/** Expects `EXECUTION_ERROR` for an action on which the environment returns what it must not. */
async function expectFailure(server: Server, entry: "nonFinite" | ("unserializable" & keyof Script)): Promise<void> {
  const action = server.actions.scripted(entry);
  const connection = await server.session();
  await server.reset(connection);
  expectErrorCode(await connection.ask({ type: "step", data: action }), "EXECUTION_ERROR");
}

/** Holds an observation against a schema that the server published. */
function expectPublished(what: string, schema: JsonObject, observation: Json | undefined): void {
  const matches = compileSchema(schema);
  const fits = matches(observation);
  const [first] = matches.errors ?? [];
  const where = first?.instancePath || "the observation";
  expectThat(fits, `${what} does not match the published schema: ${where} ${first?.message}, in ${show(observation)}`);
}

/** What comes of a reset and of a step. */
export const outcomeChecks = [
  requirement("episode.outcome-keys", { mode }, async (server) => {
    for (const [what, outcome] of await outcomes(server))
      for (const key of ["observation", "reward", "done"])
        expectThat(outcome[key] !== undefined, `expected ${key} in the outcome of ${what}, got ${show(outcome)}`);
  }),
  requirement("episode.outcome-schema", { mode }, async (server) => {
    const { mismatch } = server.actions.script;
    if (!server.facts.ownActions && mismatch === undefined)
      notApplicable("the environment has tools alone; shown by `mismatch` in the file of --actions");
    const connection = await server.session();
    await server.reset(connection);
    if (mismatch !== undefined)
      expectErrorCode(await connection.ask({ type: "step", data: mismatch }), "EXECUTION_ERROR");
    if (!server.facts.ownActions) return;
    const action = await server.actions.valid();
    if (action.type === "call_tool" || action.type === "list_tools") return;
    const { observation } = await server.step(connection, action);
    expectPublished("the observation of a step", server.facts.schemas.observation, observation);
  }),
  requirement("episode.outcome-json", { mode }, (server) => expectFailure(server, "unserializable")),
  requirement("episode.reset-observation", { mode }, async (server) => {
    const { json } = await server.http({ path: "/schema" });
    if (!isObject(json) || !isObject(json.reset_observation))
      notApplicable("the schema document has no reset_observation");
    const connection = await server.session();
    for (const options of [{}, { seed: 3 }]) {
      const { observation } = await server.reset(connection, options);
      expectPublished("the observation of a reset", json.reset_observation, observation);
    }
  }),
  requirement("episode.metadata-place", { mode }, async (server) => {
    const action = server.actions.scripted("metadata");
    const connection = await server.session();
    await server.reset(connection);
    const outcome = await server.step(connection, action);
    const metadata = expectObject("metadata beside reward and done", outcome.metadata);
    expectThat(Object.keys(metadata).length > 0, "expected the metadata that this action has, got an empty object");
  }),
  requirement("episode.metadata-empty", { mode }, async (server) => {
    for (const [what, { metadata }] of await outcomes(server))
      expectThat(
        metadata === undefined || (isObject(metadata) && Object.keys(metadata).length > 0),
        `expected no metadata in the outcome of ${what} where there is nothing to tell, got ${show(metadata)}`,
      );
  }),
  requirement("episode.reward", { mode }, async (server) => {
    for (const [what, { reward }] of await outcomes(server))
      expectThat(
        reward === null || (typeof reward === "number" && Number.isFinite(reward)),
        `expected a finite number or null as the reward of ${what}, got ${show(reward)}`,
      );
  }),
  requirement("episode.reward-non-finite", { mode }, (server) => expectFailure(server, "nonFinite")),
];

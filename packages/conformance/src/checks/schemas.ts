import { Ajv2020 } from "ajv/dist/2020.js";
import { compileSchema } from "../actions.ts";
import { checksOf } from "../check.ts";
import { expectObject, expectThat } from "../expect.ts";
import { isObject, type Json, type JsonObject, show } from "../json.ts";
import type { Server } from "../server.ts";
import { violated } from "../verdict.ts";
import type { Connection } from "../wire/connection.ts";
import { answered } from "./requests.ts";

const requirement = checksOf("core");
const mode = "simulation";

const dialect = "https://json-schema.org/draft/2020-12/schema";

interface Published {
  action: JsonObject;
  observation: JsonObject;
  state: JsonObject;
  /** Undefined where the document has none. */
  resetObservation: JsonObject | undefined;
}

async function published(server: Server): Promise<Published> {
  const document = expectObject("the body of GET /schema", (await answered(server, { path: "/schema" }, 200)).json);
  const { reset_observation } = document;
  return {
    action: expectObject("`action` of GET /schema", document.action),
    observation: expectObject("`observation` of GET /schema", document.observation),
    state: expectObject("`state` of GET /schema", document.state),
    resetObservation:
      reset_observation === undefined ? undefined : expectObject("`reset_observation`", reset_observation),
  };
}

/** Holds it against the server if it sent what its own schema does not take. */
function expectMatch(name: string, schema: JsonObject, value: Json | undefined): void {
  const matches = compileSchema(schema);
  if (matches(value)) return;
  const [first] = matches.errors ?? [];
  violated(`${show(value)} does not match the published schema \`${name}\`: ${first?.instancePath} ${first?.message}`);
}

async function reset(server: Server, connection: Connection): Promise<Json | undefined> {
  return (await server.reset(connection)).observation;
}

/** Objects that a base of the schema would take: an action with a key too few or too many. */
function nearActions(valid: JsonObject): readonly JsonObject[] {
  const fewer = Object.keys(valid).map((left) =>
    Object.fromEntries(Object.entries(valid).filter(([key]) => key !== left)),
  );
  return [{}, ...fewer, { ...valid, "an unknown key": 1 }];
}

/** Sends an action, and holds it against the server if it refuses what the schema takes. */
async function expectTaken(connection: Connection, action: JsonObject): Promise<JsonObject> {
  const reply = await connection.ask({ type: "step", data: action });
  if (isObject(reply.data) && reply.data.code === "VALIDATION_ERROR")
    violated(`the action ${show(action)} matches the published schema, and the server refused it: ${show(reply.data)}`);
  return reply;
}

async function expectScriptMatches(server: Server, schema: JsonObject): Promise<void> {
  const tools = ["call_tool", "list_tools"];
  for (const action of server.actions.script.valid ?? []) {
    // Every environment takes these two, whatever its schema says.
    if (server.facts.ownActions && tools.some((each) => action.type === each)) continue;
    expectMatch("action", schema, action);
  }
}

/** The schema document. */
export const schemaChecks = [
  requirement("http.schema-answer", async (server) => {
    await published(server);
  }),
  requirement("http.schema-dialect", async (server) => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    for (const [name, schema] of Object.entries(await published(server))) {
      if (schema === undefined) continue;
      const { $schema = dialect, ...rest } = schema;
      expectThat(
        $schema === dialect || $schema === `${dialect}#`,
        `the schema \`${name}\` says it is of ${show($schema)}`,
      );
      expectThat(
        ajv.validateSchema(rest) === true,
        `the schema \`${name}\` is no JSON Schema of draft 2020-12: ${ajv.errorsText(ajv.errors)}`,
      );
    }
  }),
  requirement("http.schema-true", { mode }, async (server) => {
    const { action, observation, state, resetObservation } = await published(server);
    const connection = await server.session();
    const first = await reset(server, connection);
    if (resetObservation !== undefined) expectMatch("reset_observation", resetObservation, first);
    expectMatch("state", state, await server.state(connection));
    await expectScriptMatches(server, action);
    const valid = await server.actions.valid();
    const { type, data } = await (server.actions.isGuess(valid)
      ? connection.ask({ type: "step", data: valid })
      : expectTaken(connection, valid));
    if (type === "observation" && isObject(data)) expectMatch("observation", observation, data.observation);
    const takes = compileSchema(action);
    for (const near of nearActions(valid)) if (takes(near)) await expectTaken(connection, near);
  }),
  requirement("http.schema-reset", { mode }, async (server) => {
    const { observation, resetObservation } = await published(server);
    const seen = await reset(server, await server.session());
    if (compileSchema(observation)(seen)) return;
    if (resetObservation === undefined)
      violated(
        `the observation of a reset does not match \`observation\`, and GET /schema has no \`reset_observation\`: ${show(seen)}`,
      );
    expectMatch("reset_observation", resetObservation, seen);
  }),
];

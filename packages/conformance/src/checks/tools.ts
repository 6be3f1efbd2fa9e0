import { Ajv2020 } from "ajv/dist/2020.js";
import { checksOf } from "../check.ts";
import { expectThat } from "../expect.ts";
import { isObject, type JsonObject, show } from "../json.ts";
import type { Server } from "../server.ts";
import { expectEqual, notApplicable, sameJson } from "../verdict.ts";
import type { Connection } from "../wire/connection.ts";
import { askRpc, callAction, callOn, listedTools, listOn, resultOn, rpcRequest, toolSession } from "./calling.ts";
import { staysUndisturbed } from "./play.ts";
import { expectStanding, freshId, standing } from "./standing.ts";

const requirement = checksOf("mcp");
const mode = "simulation";

/** What both listings tell: by `list_tools`, and by `tools/list` in an `mcp` message. */
async function listings(server: Server, connection: Connection): Promise<readonly (readonly JsonObject[])[]> {
  server.tool();
  return [await listOn(server, connection), listedTools(await askRpc(connection, rpcRequest("tools/list")))];
}

function byName(tools: readonly JsonObject[]): readonly JsonObject[] {
  return [...tools].sort((left, right) => (String(left.name) < String(right.name) ? -1 : 1));
}

/** What is wrong with the schema of a tool; undefined where it describes an object in draft 2020-12. */
function schemaFault(schema: JsonObject["schema"]): string | undefined {
  if (!isObject(schema)) return "it is no object";
  try {
    const { $id: _, ...anonymous } = schema;
    const matches = new Ajv2020({ strict: false, validateFormats: false, unicodeRegExp: false }).compile(anonymous);
    const taken = [null, true, 7, "text", []].find((value) => matches(value));
    return taken === undefined ? undefined : `it takes ${JSON.stringify(taken)}, which is no object`;
  } catch (error) {
    return `it is no JSON Schema of draft 2020-12: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Names that are almost that of a tool. */
function nearMisses(name: string): readonly string[] {
  const changed = [name.toUpperCase(), name.toLowerCase(), name[0]?.toUpperCase() + name.slice(1)];
  return [...changed, `${name} `, ` ${name}`, name.slice(0, -1), `openenv/${name}`];
}

/** Whether an action without a type calls the tool that it names: undefined where the call itself fails. */
async function typelessCalls(server: Server): Promise<boolean> {
  server.tool();
  const connection = await toolSession(server);
  const { type: _, ...action } = callAction(await server.actions.call());
  const { type, data } = await connection.ask({ type: "step", data: action });
  const observation = type === "observation" && isObject(data) ? data.observation : undefined;
  return isObject(observation) && observation.tool_name === action.tool_name;
}

/** What tools there are, and how they are listed. */
export const toolChecks = [
  requirement("tool.reserved-names", async (server) => {
    const connection = await toolSession(server);
    for (const tools of await listings(server, connection))
      for (const { name } of tools)
        expectThat(
          name !== "reset" && name !== "step" && name !== "state" && name !== "close",
          `expected no tool named ${show(name)}`,
        );
  }),
  requirement("tool.names", async (server) => {
    const connection = await toolSession(server);
    const call = await server.actions.call();
    await resultOn(server, connection, call);
    const names = new Set((await listOn(server, connection)).map(({ name }) => name));
    for (const name of nearMisses(call.name).filter((each) => !names.has(each))) {
      const { result, error } = await callOn(server, connection, { ...call, name });
      expectThat(
        !isObject(result) && isObject(error),
        `expected no tool named ${show(name)} to be found, got ${show({ result, error })}`,
      );
    }
  }),
  requirement("tool.input-schema", async (server) => {
    const connection = await toolSession(server);
    for (const tools of await listings(server, connection))
      for (const tool of tools) {
        const fault = schemaFault(tool.input_schema ?? tool.inputSchema);
        expectThat(fault === undefined, `the schema of the tool ${show(tool.name)}: ${fault}`);
      }
  }),
  requirement("tool.stable", async (server) => {
    const connection = await toolSession(server);
    const listed = async (): Promise<readonly JsonObject[][]> =>
      (await listings(server, connection)).map((tools) => [...byName(tools)]);
    const first = await listed();
    // What reaches the environment may change its tools; nothing of this does.
    const events: readonly (() => Promise<unknown>)[] = [
      async () => undefined,
      () => connection.ask({ type: "step", data: { type: "call_tool", tool_name: 7 } }),
      () => askRpc(connection, rpcRequest("conformance/unknown")),
      () => connection.ask("not json"),
    ];
    for (const happen of events) {
      await happen();
      const now = await listed();
      expectThat(sameJson(now, first), `expected the same tools as at first, ${show(first)}, got ${show(now)}`);
    }
  }),
  requirement("tool.reserved-types", async (server) => {
    server.tool();
    const connection = await toolSession(server);
    await listOn(server, connection);
    const { name, arguments: input } = await server.actions.call();
    const { tool_name } = await callOn(server, connection, { name, arguments: input });
    expectThat(tool_name === name, `expected what the tool ${name} came to, got the tool_name ${show(tool_name)}`);
  }),
  requirement("tool.only-published", async (server) => {
    if (!(await typelessCalls(server))) notApplicable("the environment has actions of its own");
    expectThat(
      !server.facts.ownActions,
      `actions without a type call tools, so expected properties.type.const of "call_tool" in the action schema, got ${show(server.facts.schemas.action)}`,
    );
  }),
  requirement("tool.only-default", async (server) => {
    if (server.facts.ownActions) notApplicable("the environment has actions of its own");
    expectThat(await typelessCalls(server), "expected an action without a type to call the tool that it names");
  }),
  requirement("tool.list", async (server) => {
    server.tool();
    const connection = await toolSession(server);
    const tools = await listOn(server, connection);
    for (const tool of tools)
      expectThat(
        typeof tool.name === "string" && typeof tool.description === "string" && isObject(tool.input_schema),
        `expected the name, the description and the input_schema of a tool, got ${show(tool)}`,
      );
    const names = (listed: readonly JsonObject[]): string[] => listed.map(({ name }) => String(name)).sort();
    const expected = names(listedTools(await askRpc(connection, rpcRequest("tools/list"))));
    expectEqual("the names of the tools, as tools/list has them", names(tools), expected);
  }),
  requirement("tool.list-pure", { mode }, async (server) => {
    server.tool();
    const connection = await server.session();
    await listOn(server, connection);
    await expectStanding(server, connection, "after list_tools in a fresh session", {
      episode_id: null,
      step_count: 0,
    });
    await server.reset(connection, { episode_id: freshId() });
    await connection.ask({ type: "step", data: await server.actions.valid() });
    const before = await standing(server, connection);
    const list = async (): Promise<void> => {
      await listOn(server, connection);
    };
    await list();
    await expectStanding(server, connection, "after list_tools", before);
    const same = await staysUndisturbed(server, connection, list);
    expectThat(same !== false, "expected the episode to go on as without list_tools; it went another way");
  }),
];

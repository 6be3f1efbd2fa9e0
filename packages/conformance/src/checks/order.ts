import { checksOf } from "../check.ts";
import { expectErrorCode, expectThat } from "../expect.ts";
import { isObject, type JsonObject, show } from "../json.ts";
import type { Server } from "../server.ts";
import { NotApplicable, notApplicable } from "../verdict.ts";
import { opcode } from "../wire/frames.ts";
import { unknown } from "./alive.ts";
import { freshId } from "./standing.ts";

const requirement = checksOf("core");
const mode = "simulation";

/** A message, and the types that its reply may have. */
interface Asked {
  message: JsonObject | string;
  types: readonly string[];
}

const error: readonly string[] = ["error"];

function listing(id: string): Asked {
  return { message: { type: "mcp", data: { jsonrpc: "2.0", id, method: "tools/list" } }, types: ["mcp"] };
}

/** A step, if an action is known. Whether the environment carries it out is not the matter of these checks. */
async function step(server: Server): Promise<readonly Asked[]> {
  try {
    return [{ message: { type: "step", data: await server.actions.valid() }, types: ["observation", "error"] }];
  } catch (reason) {
    if (reason instanceof NotApplicable) return [];
    throw reason;
  }
}

/** Messages of every kind, of which no two neighbours have replies of the same type. */
async function mixture(server: Server): Promise<readonly Asked[]> {
  const simulation = server.facts.mode === mode;
  const { slow, reset = {} } = server.actions.script;
  // Whether production mode refuses these two is for checks of their own.
  const refused = simulation ? [] : error;
  const state: Asked = { message: { type: "state" }, types: ["state", ...refused] };
  const begin: Asked = { message: { type: "reset", data: reset }, types: ["observation", ...refused] };
  return [
    begin,
    listing("first"),
    ...(simulation && slow !== undefined ? [{ message: { type: "step", data: slow }, types: ["observation"] }] : []),
    state,
    listing("second"),
    { message: unknown, types: error },
    listing("third"),
    ...(await step(server)),
    listing("fourth"),
    { message: "not json", types: error },
    listing("fifth"),
    { message: { type: "state", data: {} }, types: error },
    listing("sixth"),
    state,
    listing("seventh"),
    begin,
    listing("last"),
  ];
}

/** Holds it against the server if a reply is not that to a message: by its type, and where there is one by its id. */
function expectReply(reply: JsonObject, { message, types }: Asked): void {
  const fits = typeof reply.type === "string" && types.includes(reply.type);
  expectThat(fits, `expected the reply to ${show(message)} (${types.join(" or ")}), got ${show(reply)}`);
  const [asked, told] = [isObject(message) ? message.data : undefined, reply.data];
  if (reply.type !== "mcp" || !isObject(asked) || !isObject(told)) return;
  expectThat(told.id === asked.id, `expected the response ${show(asked.id)}, got ${show(reply)}`);
}

/** Which reply belongs to which message, and what waits for what. */
export const orderChecks = [
  requirement("ws.reply-one", async (server) => {
    const connection = await server.session();
    for (const [index, asked] of (await mixture(server)).entries()) {
      connection.send(asked.message);
      // The reply that comes next but one must be that to this message, so there was one before it.
      const fence = asked.types.includes("mcp") ? { message: unknown, types: error } : listing(`fence ${index}`);
      connection.send(fence.message);
      expectReply(await connection.message(`the reply to ${show(asked.message)}`), asked);
      expectReply(await connection.message("the reply to the message after it"), fence);
    }
  }),
  requirement("ws.reply-order", async (server) => {
    const connection = await server.session();
    const asked = await mixture(server);
    for (const { message } of asked) connection.send(message);
    for (const each of asked) expectReply(await connection.message(`the reply to ${show(each.message)}`), each);
  }),
  requirement("ws.one-at-a-time", { mode }, async (server) => {
    const connection = await server.session();
    const { slow, reset } = server.actions.script;
    const drawn = (await step(server)).map(({ message }) => (isObject(message) ? message.data : undefined));
    const actions = [slow, ...drawn].filter(isObject);
    if (actions.length === 0)
      notApplicable("no action could be generated; give some as `valid` in the file of --actions");
    for (const action of actions) {
      const ids = [freshId(), freshId()];
      for (const episode_id of ids) {
        connection.send({ type: "reset", data: { ...reset, episode_id } });
        for (const message of [{ type: "step", data: action }, { type: "state" }, { type: "step", data: action }])
          connection.send(message);
        connection.send({ type: "state" });
      }
      for (const episode_id of ids) {
        let step_count = 0;
        await connection.message("the reply to reset");
        for (let turn = 0; turn < 2; turn++) {
          const { type } = await connection.message("the reply to step");
          if (type === "observation") step_count += 1;
          const { data } = await connection.message("the reply to state");
          expectThat(
            isObject(data) && data.step_count === step_count && data.episode_id === episode_id,
            `expected the state after all messages before it, ${show({ episode_id, step_count })}, got ${show(data)}`,
          );
        }
      }
    }
  }),
  requirement("ws.flow-pause", { mode }, async (server) => {
    const slow = server.actions.scripted("slow");
    const connection = await server.session();
    await server.reset(connection);
    connection.send({ type: "step", data: slow });
    const data = "x".repeat(16_384);
    for (let sent = 0; sent < 400; sent++) connection.send({ ...unknown, data });
    connection.sendFrame({ opcode: opcode.ping, payload: "behind all messages" });
    const arrival = await connection.next("the reply to a slow action");
    // A pong before it: the server has read what 400 waiting messages stood before.
    expectThat(
      arrival.kind !== "pong",
      "expected the server to stop reading while 32 messages wait; it read 400 and the ping behind them",
    );
  }),
  requirement("ws.flow-lossless", async (server) => {
    const connection = await server.session();
    const { slow } = server.actions.script;
    const simulation = server.facts.mode === mode;
    if (simulation) await server.reset(connection);
    connection.read(false);
    if (simulation && slow !== undefined) connection.send({ type: "step", data: slow });
    for (let sent = 0; sent < 300; sent++) {
      connection.send(listing(`message ${sent}`).message);
      connection.send(unknown);
    }
    connection.read(true);
    if (simulation && slow !== undefined) await connection.message("the reply to a slow action");
    for (let sent = 0; sent < 300; sent++) {
      expectReply(await connection.message(`the reply to message ${2 * sent} of 600`), listing(`message ${sent}`));
      expectErrorCode(await connection.message(`the reply to message ${2 * sent + 1} of 600`), "UNKNOWN_TYPE");
    }
  }),
];

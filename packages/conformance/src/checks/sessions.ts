import { checksOf } from "../check.ts";
import { expectThat } from "../expect.ts";
import { isObject, type JsonObject, show } from "../json.ts";
import type { Server } from "../server.ts";
import { expectEqual, notApplicable } from "../verdict.ts";
import { askRpc, callAction, callOn, countOf, postRpc, rpcRequest } from "./calling.ts";
import { attach, doors, openMcp, ownIdOf } from "./doors.ts";
import { staysUndisturbed } from "./play.ts";
import { inSession, post, resetRequest } from "./requests.ts";
import { isSorted, mostBits, sampledIds } from "./session-ids.ts";
import { expectSameState, expectStanding, freshId } from "./standing.ts";

const requirement = checksOf("sessions");
const mode = "simulation";

/** The most sessions that a check opens to leave no slot free. */
const mostSlots = 64;

/** How a door that opens sessions answers: `open`, `full`, or what else it says. */
type Opening = "open" | "full" | { other: string };

/** Every door that opens sessions. */
function openings(server: Server): readonly (() => Promise<Opening>)[] {
  const create = rpcRequest("openenv/session/create");
  const told = (code: unknown, full: unknown, answer: JsonObject): Opening =>
    code === undefined ? "open" : code === full ? "full" : { other: show(answer) };
  const ws = async (): Promise<Opening> => {
    const reply = await (await server.open()).ask({ type: "mcp", data: create });
    const code = reply.type === "error" && isObject(reply.data) ? reply.data.code : undefined;
    return told(code, "CAPACITY_REACHED", reply);
  };
  const rpc = async (send: () => Promise<JsonObject>): Promise<Opening> => {
    const response = await send();
    const { code, data }: JsonObject = isObject(response.error) ? response.error : {};
    return isObject(data) && "factory_name" in data ? { other: show(response) } : told(code, -32000, response);
  };
  const socket = async (): Promise<JsonObject> => (await server.open("/mcp")).ask(create);
  const reset = async (): Promise<Opening> => {
    const { status, text } = await server.http(resetRequest(server, {}, inSession("new")));
    return told(status === 200 ? undefined : status, 503, { status, text });
  };
  const found = [ws, () => rpc(() => server.rpc("openenv/session/create")), () => rpc(socket)];
  return server.facts.mode === "simulation" ? [...found, reset] : found;
}

/** Opens a session, where one that is still being freed is waited for. */
async function openOne(server: Server, open: () => Promise<Opening>): Promise<void> {
  const end = Date.now() + server.deadlineMs;
  for (;;) {
    const opened = await open();
    if (opened === "open") return;
    if (opened !== "full") notApplicable(`no session can be opened: ${opened.other}`);
    expectThat(Date.now() < end, "expected as many sessions to be opened as `max_sessions` tells");
  }
}

/** What goes wrong in an environment, by the script. */
function failures({ actions }: Server): readonly JsonObject[] {
  const { raises, resetRaises, callRaises, reset } = actions.script;
  const messages: JsonObject[] = [];
  if (raises !== undefined) messages.push({ type: "step", data: raises });
  if (callRaises !== undefined) messages.push({ type: "step", data: callAction(callRaises) });
  if (resetRaises !== undefined) messages.push({ type: "reset", data: { ...reset, ...resetRaises } });
  if (messages.length === 0) notApplicable("needs `raises`, `callRaises` or `resetRaises` in the file of --actions");
  return messages;
}

/** Sessions beside one another. */
export const sessionChecks = [
  requirement("session.capacity", { alone: true }, async (server) => {
    const { maxSessions } = server.facts;
    if (maxSessions === undefined || maxSessions > mostSlots)
      return notApplicable(
        `needs a server that tells \`max_sessions\` and has at most ${mostSlots}; it tells ${maxSessions ?? "none"}`,
      );
    const ways = openings(server);
    for (let open = 0; open < maxSessions; )
      for (const way of ways.slice(0, maxSessions - open)) {
        await openOne(server, way);
        open += 1;
      }
    for (const way of ways) {
      const opened = await way();
      expectThat(
        opened === "full",
        `expected every door to refuse a session beyond ${maxSessions}, which several doors opened; got ${show(opened)}`,
      );
    }
  }),
  requirement("session.isolation", { mode, slots: 3, alone: true }, async (server) => {
    const [one, two] = [await server.session(), await server.session()];
    const third = await attach(server, await server.createSession());
    const [first, second] = [freshId(), freshId()];
    await server.reset(one, { episode_id: first, seed: 1 });
    await server.reset(two, { episode_id: second, seed: 2 });
    const before = await server.state(two);
    const disturb = async (): Promise<void> => {
      await server.reset(one, { episode_id: first, seed: 3 });
      for (let steps = 0; steps < 2; steps++) await one.ask({ type: "step", data: await server.actions.valid() });
    };
    await disturb();
    await expectSameState("the state of a session after steps in another", () => server.state(two), before);
    await expectStanding(server, third, "in a session of its own", { episode_id: null, step_count: 0 });
    const same = await staysUndisturbed(server, two, disturb);
    expectThat(same !== false, "expected an episode to go on as without another session; it went another way");
  }),
  requirement("session.turn", async (server) => {
    const call = server.actions.scripted("callCounts");
    const { name, arguments: input } = call;
    const session_id = await server.createSession();
    const connection = await attach(server, session_id);
    if (server.facts.mode === "simulation") await server.reset(connection);
    const begun = countOf((await callOn(server, connection, call)).result);
    const byRequest = async (): Promise<number> =>
      countOf((await postRpc(server, rpcRequest("tools/call", { name, arguments: input, session_id }))).result);
    const bySocket = async (): Promise<number> => countOf((await callOn(server, connection, call)).result);
    const byHeader = async (): Promise<number> => {
      const { json } = await server.http(post("/step", { action: callAction(call) }, inSession(session_id)));
      const observation = isObject(json) ? json.observation : undefined;
      return countOf(isObject(observation) ? observation.result : undefined);
    };
    const ways = [byRequest, bySocket, byRequest, ...(server.facts.mode === "simulation" ? [byHeader] : [])];
    const counts = await Promise.all(ways.map((way) => way()));
    counts.sort((left, right) => left - right);
    expectEqual(
      "what calls tell that came through several doors at once, each of them one more than the one before",
      counts,
      ways.map((_, place) => begun + 1 + place),
    );
  }),
  requirement("session.failure-contained", { mode, slots: 2 }, async (server) => {
    const messages = failures(server);
    const [failing, other] = [await server.session(), await server.session()];
    const episode_id = freshId();
    await server.reset(other, { episode_id });
    await server.reset(failing);
    for (const message of messages) {
      await failing.ask(message);
      await expectStanding(server, other, "after a failure in another session", { episode_id, step_count: 0 });
    }
    await server.step(other);
  }),
  requirement("session.id-entropy", async (server) => {
    const ids: string[] = [];
    while (ids.length < sampledIds) {
      const session_id = await server.createSession();
      ids.push(session_id);
      await postRpc(server, rpcRequest("openenv/session/close", { session_id }));
    }
    // That the bits come from a cryptographic source cannot be seen; that there are too few of them, or an order, can.
    const bits = mostBits(ids);
    const examples = show(ids.slice(0, 3));
    expectThat(bits >= 120, `expected ids with 120 bits or more, got at most ${Math.floor(bits)}: ${examples}`);
    expectThat(
      !isSorted(ids),
      `expected ids without an order, got ids each greater or smaller than the last: ${examples}`,
    );
  }),
  requirement("session.socket-owned", { slots: 2 }, async (server) => {
    const create = rpcRequest("openenv/session/create");
    const ws = await server.session();
    const mcp = await openMcp(server);
    for (const send of [() => askRpc(ws, create), () => mcp.ask(create)]) {
      const id = ownIdOf(await send());
      for (const door of await doors(server)) {
        const answer = await door.knock(id);
        expectThat(answer !== "open", `${door.name}: expected the session of a plain connection to be refused`);
      }
      expectEqual("the session of the plain connection after that", ownIdOf(await send()), id);
    }
  }),
];

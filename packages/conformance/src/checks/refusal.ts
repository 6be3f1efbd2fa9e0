import { checksOf } from "../check.ts";
import { expectErrorCode, expectThat } from "../expect.ts";
import { isObject, type JsonObject, show } from "../json.ts";
import type { Server } from "../server.ts";
import { NotApplicable, notApplicable } from "../verdict.ts";
import { type Connection, describe } from "../wire/connection.ts";
import { opcode } from "../wire/frames.ts";
import { firstReply, unknown } from "./alive.ts";
import { fillSlots } from "./fill-slots.ts";
import { freshId } from "./standing.ts";

const requirement = checksOf("sessions");

/** How long a server waits for the first message of a client that it refused, in milliseconds. */
const patienceMs = 5000;

/** Paths of sessions that do not exist. */
function nowhere(): readonly string[] {
  return [`/ws?session_id=${freshId()}`, "/ws?session_id=0123456789abcdef0123456789abcdef"];
}

/** A path at which the server cannot open a session, and the code of the reason. */
interface Refusal {
  path: string;
  code: string;
}

/** Refusals for every reason that can be brought about. The slots are taken when the last one is handed out. */
async function* refusals(server: Server): AsyncGenerator<Refusal> {
  for (const path of nowhere()) yield { path, code: "SESSION_ERROR" };
  try {
    await fillSlots(server);
  } catch (reason) {
    if (reason instanceof NotApplicable) return;
    throw reason;
  }
  yield { path: "/ws", code: "CAPACITY_REACHED" };
}

/** A connection that was refused and told so. Nothing has been sent on it. */
async function refused(server: Server, path: string, waitMs = 0): Promise<Connection> {
  const connection = await server.open(path, { deadlineMs: server.deadlineMs + waitMs });
  const { type } = await connection.message("the error that refuses the session");
  expectThat(type === "error", `expected an error that refuses the session, got a message of type ${show(type)}`);
  return connection;
}

/** The code with which the server closes after a refusal, with or without an error before it. */
async function closeAfter(connection: Connection, message: JsonObject | string | Buffer): Promise<number | undefined> {
  if (Buffer.isBuffer(message)) connection.sendFrame({ opcode: opcode.binary, payload: message });
  else connection.send(message);
  return connection.closed("the closing after the first message on a refused connection");
}

/** What becomes of a connection for which no session can be opened. */
export const refusalChecks = [
  requirement("ws.refuse-accept", { alone: true }, async (server) => {
    for await (const { path, code } of refusals(server)) {
      const answer = await server.upgrade(path);
      const got = "connection" in answer ? 101 : answer.status;
      expectThat(got === 101, `${path}, to be refused with ${code}: expected a handshake (101), got status ${got}`);
    }
  }),
  requirement("ws.refuse-error", { alone: true }, async (server) => {
    for await (const { path, code } of refusals(server)) {
      const connection = await server.open(path);
      expectErrorCode(await connection.message("the error that refuses the session"), code);
      await closeAfter(connection, { type: "state" });
    }
  }),
  requirement("ws.refuse-wait", async (server) => {
    for (const path of nowhere()) {
      const connection = await refused(server, path, patienceMs);
      for (let turn = 0; turn < 3; turn++) {
        connection.sendFrame({ opcode: opcode.ping, payload: `still open? ${turn}` });
        const arrival = await connection.next("a pong from a refused connection that has said nothing");
        expectThat(arrival.kind === "pong", `expected the connection to stay open, got ${describe(arrival)}`);
      }
      if (!server.slow) continue;
      const told = performance.now();
      await connection.next("the closing of a refused connection that has said nothing");
      const waited = performance.now() - told;
      // Less a second, for the error may have been long on its way.
      expectThat(waited > patienceMs - 1000, `expected 5 seconds of patience, got ${Math.round(waited)} ms`);
      return;
    }
  }),
  requirement("ws.refuse-close", async (server) => {
    const [path = ""] = nowhere();
    for (const first of [{ type: "state" }, { type: "close" }, "not json", unknown, Buffer.from([0xff])])
      await closeAfter(await refused(server, path), first);
    const hasty = await server.open(path);
    hasty.send({ type: "state" });
    await hasty.message("the error that refuses the session");
    await hasty.closed("the closing after a message that was sent before the refusal came");
    if (!server.slow) return;
    await (await refused(server, path, patienceMs)).closed("the closing after 5 seconds");
  }),
  requirement("ws.refuse-capacity", { alone: true }, async (server) => {
    await fillSlots(server);
    const connection = await server.open();
    expectErrorCode(await connection.message("the error that refuses the session"), "CAPACITY_REACHED");
    const code = await closeAfter(connection, { type: "state" });
    expectThat(code === 1013, `expected a close with code 1013, got ${show(code)}`);
  }),
  requirement("ws.refuse-factory", async (server) => {
    const { connection, reply } = await firstReply(server, { type: "state" });
    if (!isObject(reply.data) || reply.data.code !== "FACTORY_ERROR")
      return notApplicable("sessions open here; shown by a server whose environment cannot be created");
    const code = await connection.closed("the closing after a refusal");
    expectThat(code === 1011, `expected a close with code 1011, got ${show(code)}`);
  }),
  requirement("ws.refuse-session", async (server) => {
    for (const path of nowhere()) {
      const connection = await server.open(path);
      expectErrorCode(await connection.message("the error that refuses the session"), "SESSION_ERROR");
      const code = await closeAfter(connection, { type: "state" });
      expectThat(code === 1008, `expected a close with code 1008, got ${show(code)}`);
    }
  }),
];

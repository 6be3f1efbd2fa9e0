import { checksOf } from "../check.ts";
import { expectErrorCode, expectThat } from "../expect.ts";
import { show } from "../json.ts";
import type { Server } from "../server.ts";
import { notApplicable, sameJson } from "../verdict.ts";
import { type Connection, describe } from "../wire/connection.ts";
import { closePayload, opcode } from "../wire/frames.ts";
import { expectAlive, unknown } from "./alive.ts";
import { rpcRequest } from "./calling.ts";
import { attachedTo } from "./doors.ts";
import { expectStanding, freshId, standing } from "./standing.ts";

const requirement = checksOf("core");
const mode = "simulation";

/** Closing frames that a client may send: with a code, a reason, or neither. */
const farewells: readonly Buffer[] = [
  closePayload(1000),
  closePayload(1001, "going away, ünïcödé"),
  Buffer.alloc(0),
  closePayload(4999),
];

/** How a connection ends at the client's wish: by the message `close`, and by the frame. */
export const closingChecks = [
  requirement("ws.close-silent", async (server) => {
    for (const before of [[], [unknown, "not json"]]) {
      const connection = await server.session();
      for (const message of before) await connection.ask(message);
      connection.send({ type: "close" });
      const arrival = await connection.next("the closing after `close`");
      expectThat(arrival.kind !== "text" && arrival.kind !== "binary", `expected no reply, got ${describe(arrival)}`);
    }
  }),
  requirement("ws.close-code", async (server) => {
    const connection = await server.session();
    connection.send({ type: "close" });
    const code = await connection.closed("the closing after `close`");
    expectThat(code === 1000, `expected a close with code 1000, got ${show(code)}`);
  }),
  requirement("ws.close-order", async (server) => {
    const connection = await server.session();
    const { slow, reset = {} } = server.actions.script;
    const simulation = server.facts.mode === mode;
    const begin = simulation ? [{ type: "reset", data: reset }] : [];
    const wait = simulation && slow !== undefined ? [{ type: "step", data: slow }] : [];
    const messages = [
      ...begin,
      ...wait,
      unknown,
      "not json",
      { type: "mcp", data: rpcRequest("tools/list") },
      { type: "state" },
    ];
    for (const message of messages) connection.send(message);
    connection.send({ type: "close" });
    for (const message of messages) await connection.message(`the reply to ${show(message)} before the closing`);
    await connection.closed("the closing after the replies");
  }),
  requirement("ws.close-final", { mode, slots: 2 }, async (server) => {
    const { reset = {} } = server.actions.script;
    const later = [{ type: "reset", data: { ...reset, episode_id: freshId() } }, { type: "state" }, unknown];
    const plain = await server.session();
    plain.send({ type: "close" });
    for (const message of later) plain.send(message);
    await plain.closed("the closing, and no reply to what followed `close`");
    if (!server.facts.profiles.has("sessions")) return;

    // The session outlives an attached socket, so what came after the close would show in it; if attaching works at all.
    const session_id = await server.createSession();
    const attached = await attachAny(server, session_id);
    await server.reset(attached, { episode_id: freshId() });
    const before = await standing(server, attached);
    await attached.close();
    const again = await attachAny(server, session_id);
    if (!sameJson(await standing(server, again), before)) return;
    again.send({ type: "close" });
    for (const message of later) again.send(message);
    await again.closed("the closing, and no reply to what followed `close`");
    const third = await attachAny(server, session_id);
    await expectStanding(server, third, "after messages that followed `close`", before);
  }),
  requirement("ws.close-data", async (server) => {
    const connection = await server.session();
    for (const data of [{}, null, 1000, "bye", []]) {
      expectErrorCode(await connection.ask({ type: "close", data }), "VALIDATION_ERROR");
      await expectAlive(server, connection);
    }
  }),
  requirement("ws.close-handshake", async (server) => {
    for (const payload of farewells) {
      const connection = await server.session();
      await connection.ask(unknown);
      connection.sendFrame({ opcode: opcode.close, payload });
      await connection.closed("the answer to a closing frame");
      await connection.ended("the end of the TCP connection after the closing frames");
    }
  }),
];

/** A socket at the session. Whether attaching works is for checks of its own. */
async function attachAny(server: Server, session_id: string): Promise<Connection> {
  const attached = await attachedTo(server, session_id);
  return typeof attached === "string" ? notApplicable("the session cannot be attached to") : attached;
}

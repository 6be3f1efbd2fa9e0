import { checksOf } from "../check.ts";
import { expectThat } from "../expect.ts";
import type { JsonObject } from "../json.ts";
import { expectEqual, notApplicable } from "../verdict.ts";
import type { Connection } from "../wire/connection.ts";
import { callAction, postRpc, rpcRequest } from "./calling.ts";
import { attach, attachedPath, doors, openMcp, refusalOn } from "./doors.ts";
import { expectOpen, openSessions, settledSessions } from "./open-sessions.ts";

const requirement = checksOf("sessions");

/** Silence after which a session without a socket should end, in seconds. */
const detachedSeconds = 15 * 60;

/** More than 15 minutes: a server may not take the limit of sessions without a socket for one of those that have one. */
const defaultSilenceSeconds = 1000;

/** The most calls that one check lets wait: a server may stop reading from a connection where 32 of its messages wait. */
const mostWaiting = 30;

const unlimited = "the operator set a limit, which `idleTimeoutSeconds` of the script tells";

function pass(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

/** Every way in which a plain connection ends. */
const departures: readonly ((connection: Connection) => Promise<void>)[] = [
  (connection) => connection.close(),
  async (connection) => {
    connection.destroy();
    await connection.ended();
  },
];

/** How sessions end. */
export const sessionEndChecks = [
  requirement("session.socket-end", { alone: true, slots: 2 }, async (server) => {
    // What earlier checks left must not hide what this one leaves.
    const before = await settledSessions(server);
    for (const leave of departures) {
      const ws = await server.session();
      const mcp = await openMcp(server);
      await refusalOn(ws);
      const open = await openSessions(server);
      expectThat(open >= 2, `expected two open sessions or more, got ${open}`);
      await leave(ws);
      await leave(mcp);
      await expectOpen(server, before, "when the connections that opened them have ended");
    }
    const polite = await server.session();
    polite.send({ type: "close" });
    await polite.ended();
    await expectOpen(server, before, "after `close`");
  }),
  requirement("session.ended", { slots: 2 }, async (server) => {
    const id = await server.createSession();
    await postRpc(server, rpcRequest("openenv/session/close", { session_id: id }));
    for (const door of await doors(server)) {
      const never = await door.knock(`${id}0`);
      expectEqual(`${door.name} with the id of a session that has ended`, await door.knock(id), never);
    }
  }),
  requirement("session.idle-socket", { slow: true, slots: 2 }, async (server) => {
    const { idleTimeoutSeconds, silenceSeconds = defaultSilenceSeconds } = server.actions.script;
    if (idleTimeoutSeconds !== undefined) notApplicable(unlimited);
    const sockets = [await server.session(), await attach(server, await server.createSession())];
    for (const socket of sockets) await refusalOn(socket);
    await pass(silenceSeconds);
    for (const socket of sockets) {
      const refusal = await refusalOn(socket);
      expectThat(
        refusal === undefined,
        `expected the session to be open after ${silenceSeconds} silent seconds, got ${refusal}`,
      );
    }
  }),
  requirement("session.idle-detached", { slow: true }, async (server) => {
    const { idleTimeoutSeconds: limit = detachedSeconds } = server.actions.script;
    const id = await server.createSession();
    // A server looks for silent sessions now and then: half of the limit more is allowed to pass.
    await pass(limit * 1.5 + 1);
    const refusal = await refusalOn(await server.open(attachedPath(id)));
    expectThat(refusal !== undefined, `expected the session to have ended after ${limit} silent seconds`);
  }),
  requirement("session.idle-busy", { slow: true, slots: 2 }, async (server) => {
    const call = server.actions.scripted("callCounts");
    const limit = server.actions.scripted("idleTimeoutSeconds");
    const message: JsonObject = { type: "step", data: callAction(call) };
    const begun = performance.now();
    const first = await server.session();
    await first.ask(message);
    await first.close();
    const waiting = Math.ceil((limit * 2000) / (performance.now() - begun)) + 1;
    if (waiting > mostWaiting)
      notApplicable(`the limit on silence is too long: ${mostWaiting} calls that wait pass it not`);
    const deadlineMs = limit * 2000 + server.deadlineMs;
    const socket = await server.session({ deadlineMs });
    for (let sent = 0; sent < waiting; sent++) socket.send(message);
    const session_id = await server.createSession();
    const { name, arguments: input } = call;
    const request = rpcRequest("tools/call", { name, arguments: input, session_id });
    const responses = Array.from({ length: waiting }, () => postRpc(server, request));
    for (const { error } of await Promise.all(responses))
      expectThat(error === undefined, "expected the session to stay while calls wait in it");
    for (let answered = 0; answered < waiting; answered++) {
      const { type } = await socket.message("the reply to a call that waited");
      expectThat(type === "observation", "expected an observation of a call that waited");
    }
  }),
  requirement("session.idle-close", { slow: true, slots: 2 }, async (server) => {
    const limit = server.actions.scripted("idleTimeoutSeconds");
    const deadlineMs = limit * 1500 + server.deadlineMs;
    const plain = await server.session({ deadlineMs });
    // Where the limit is short, the first sessions may end before a socket comes.
    const attached = await attach(server, () => server.createSession(), { deadlineMs });
    for (const socket of [plain, attached])
      expectEqual("the close code after the silence", (await socket.closed()) ?? null, 1001);
  }),
];

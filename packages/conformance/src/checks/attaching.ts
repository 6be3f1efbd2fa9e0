import { checksOf } from "../check.ts";
import { expectErrorCode, expectThat } from "../expect.ts";
import { show } from "../json.ts";
import { expectEqual } from "../verdict.ts";
import type { Connection } from "../wire/connection.ts";
import { askRpc, postRpc, rpcRequest } from "./calling.ts";
import { attach, attachedPath, ownIdOf, refusalOn } from "./doors.ts";
import { inSession, resetRequest, toldSession } from "./requests.ts";
import { unknownIds } from "./session-ids.ts";
import { expectSameState, expectStanding, freshId } from "./standing.ts";

const requirement = checksOf("sessions");
const mode = "simulation";

const create = rpcRequest("openenv/session/create");

/** Every way to leave a session on an attached socket. */
const departures: readonly ((connection: Connection) => Promise<void>)[] = [
  async (connection) => {
    connection.send({ type: "close" });
    await connection.ended();
  },
  (connection) => connection.close(),
  async (connection) => {
    connection.destroy();
    await connection.ended();
  },
];

/** Sockets that attach to sessions. */
export const attachingChecks = [
  requirement("session.attach", async (server) => {
    const session_id = await server.createSession();
    const socket = await attach(server, session_id);
    expectEqual("the id of the attached socket's session", ownIdOf(await askRpc(socket, create)), session_id);
    if (server.facts.mode === "production") return;
    await postRpc(server, rpcRequest("openenv/session/close", { session_id }));
    await socket.close();
    const episode_id = freshId();
    const answer = await server.http(resetRequest(server, { episode_id }, inSession("new")));
    const reset = toldSession(answer);
    // Whether HTTP requests come to sessions is for checks of their own.
    if (reset === undefined) return;
    const attached = await attach(server, reset);
    await expectStanding(server, attached, "of a session that was reset by HTTP", { episode_id, step_count: 0 });
  }),
  requirement("session.attach-unknown", async (server) => {
    for (const id of unknownIds) {
      const connection = await server.open(attachedPath(id));
      expectErrorCode(await connection.ask({ type: "mcp", data: create }), "SESSION_ERROR");
      await connection.close();
    }
  }),
  requirement("session.attach-once", async (server) => {
    const id = await server.createSession();
    const first = await attach(server, id);
    for (let attempts = 0; attempts < 2; attempts++) {
      const second = await server.open(attachedPath(id));
      expectErrorCode(await second.ask({ type: "mcp", data: create }), "SESSION_ERROR");
      await second.close();
      const refusal = await refusalOn(first);
      expectThat(refusal === undefined, `expected the attached socket to go on, got ${show(refusal)}`);
    }
  }),
  requirement("session.detach", async (server) => {
    const id = await server.createSession();
    for (const leave of departures) await leave(await attach(server, id));
    const { result } = await server.rpc("openenv/session/close", { session_id: id });
    expectThat(result !== undefined, "expected the session to be there when its sockets have gone");
  }),
  requirement("session.detach-state", { mode }, async (server) => {
    const id = await server.createSession();
    for (const leave of departures) {
      const before = await attach(server, id);
      await server.reset(before, { episode_id: freshId(), seed: 5 });
      await before.ask({ type: "step", data: await server.actions.valid() });
      const state = await server.state(before);
      await leave(before);
      const after = await attach(server, id);
      await expectSameState(
        "the state of the session to which a client attached again",
        () => server.state(after),
        state,
      );
      await after.close();
    }
  }),
];

import { checksOf } from "../check.ts";
import { expectErrorCode, expectThat } from "../expect.ts";
import { isObject, type JsonObject, show } from "../json.ts";
import { describe } from "../wire/connection.ts";
import { opcode } from "../wire/frames.ts";
import { expectAlive, firstReply, firstWords, messageOf, unknown } from "./alive.ts";
import { rpcRequest } from "./calling.ts";
import { freshId } from "./standing.ts";

const requirement = checksOf("core");
const mode = "simulation";

/** How a connection to `/ws` comes about, up to its first message. */
export const connectingChecks = [
  requirement("ws.endpoint", async (server) => {
    const { connection, reply } = await firstReply(server, unknown);
    expectThat(reply.type === "error" && isObject(reply.data), `expected an error message, got ${show(reply)}`);
    await expectAlive(server, connection);
  }),
  requirement("ws.unknown-path", async (server) => {
    for (const path of [`/${freshId()}`, `/ws/${freshId()}`, `/ws-${freshId()}`, `/${freshId()}/ws`]) {
      const answer = await server.upgrade(path);
      const got = "connection" in answer ? 101 : answer.status;
      expectThat(got >= 400, `an upgrade of ${path}: expected a status of 400 or above, got ${got}`);
    }
  }),
  requirement("ws.no-upgrade", async (server) => {
    for (const method of ["GET", "POST", "HEAD"])
      for (const path of ["/ws", "/ws?session_id=none"]) {
        const { status } = await server.http({ method, path });
        expectThat(status >= 400, `${method} ${path} without an upgrade: expected 400 or above, got ${status}`);
      }
  }),
  requirement("ws.query-unknown", async (server) => {
    for (const query of ["conformance=1", "session=7", "a=1&a=2&b", "x=%C3%BC%F0%9F%8E%B2", ""]) {
      const { connection, reply } = await firstReply(server, unknown, `/ws?${query}`);
      expectErrorCode(reply, "UNKNOWN_TYPE");
      await expectAlive(server, connection);
      await connection.close();
    }
  }),
  requirement("ws.subprotocol", async (server) => {
    for (const offered of ["openenv", "chat, superchat"]) {
      const headers = { "Sec-WebSocket-Protocol": offered };
      const { connection, reply } = await firstReply(server, unknown, "/ws", { headers });
      expectErrorCode(reply, "UNKNOWN_TYPE");
      await connection.close();
    }
  }),
  requirement("ws.no-hello", async (server) => {
    const { arrival } = await firstWords(server, async (connection) => {
      connection.sendFrame({ opcode: opcode.ping });
      const first = await connection.next();
      if (first.kind !== "pong") return first;
      connection.send(unknown);
      return connection.next();
    });
    const { data } = messageOf(arrival, "the reply to the first message");
    expectThat(
      isObject(data) && data.code === "UNKNOWN_TYPE",
      `expected nothing before the reply to the first message, got ${describe(arrival)}`,
    );
  }),
  requirement("ws.session-per-socket", { mode, slots: 2 }, async (server) => {
    const first = await server.session();
    const episode_id = freshId();
    await server.reset(first, { episode_id });
    const second = await server.session();
    const apart = async (what: string): Promise<void> => {
      const { episode_id: seen } = await server.state(second);
      expectThat(seen !== episode_id, `expected a session of its own ${what}, got the episode of another connection`);
    };
    await apart("beside another connection");
    await server.reset(second, { episode_id: freshId() });
    const { episode_id: kept } = await server.state(first);
    expectThat(kept === episode_id, `expected the episode ${episode_id} to go on, got ${show(kept)}`);
  }),
  requirement("ws.early-messages", async (server) => {
    const messages: readonly (JsonObject | string)[] = [
      unknown,
      { type: "mcp", data: rpcRequest("tools/list") },
      "not json",
    ];
    const { connection, arrival } = await firstWords(server, (connection) => {
      for (const message of messages) connection.send(message);
      return connection.next();
    });
    const types = ["error", "mcp", "error"];
    for (const [index, type] of types.entries()) {
      const reply = index === 0 ? messageOf(arrival, "the first reply") : await connection.message();
      expectThat(
        reply.type === type,
        `expected replies to all that was sent at once after the handshake, ${types.join(", ")}; got ${show(reply)}`,
      );
    }
  }),
  requirement("ws.first-message", { mode }, async (server) => {
    const { reset = {}, valid } = server.actions.script;
    const first: readonly (readonly [JsonObject, string])[] = [
      [{ type: "reset", data: reset }, "observation"],
      [{ type: "state" }, "state"],
      [{ type: "mcp", data: rpcRequest("tools/list") }, "mcp"],
      // Whether the environment starts without options, and takes what was guessed, is not the matter here.
      [{ type: "step", data: valid?.[0] ?? {} }, "observation, EXECUTION_ERROR, VALIDATION_ERROR"],
    ];
    for (const [message, expected] of first) {
      const { connection, reply } = await firstReply(server, message);
      const kind = reply.type === "error" && isObject(reply.data) ? reply.data.code : reply.type;
      const accepted = typeof kind === "string" && expected.split(", ").includes(kind);
      expectThat(accepted, `${show(message)} as the first message: expected ${expected}, got ${show(reply)}`);
      await connection.close();
    }
    const { arrival } = await firstWords(server, (connection) => {
      connection.send({ type: "close" });
      return connection.next();
    });
    expectThat(
      arrival.kind === "close",
      `close as the first message: expected a close frame, got ${describe(arrival)}`,
    );
  }),
];

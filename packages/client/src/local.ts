import { type LocalServer, TransportError } from "@openenv/schema";
import { type Connection, toThrown } from "./connection.ts";

/** A connection to a server in this process: the same session code, without sockets, frames or deadlines. */
export async function localConnection(server: LocalServer): Promise<Connection> {
  const session = await server.openSession();
  let closed = false;
  return {
    async request(message) {
      if (closed) throw new TransportError("closed", "this client has been closed");
      const answer = session.exchange(message);
      const reply = answer instanceof Promise ? await answer : answer;
      if (reply === undefined) throw new TransportError("closed", "the session has ended");
      if (reply.type === "error") throw toThrown(reply.data);
      return reply;
    },
    async close() {
      closed = true;
      await session.close();
    },
  };
}

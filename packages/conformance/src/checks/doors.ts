import { isObject, type JsonObject } from "../json.ts";
import type { Server } from "../server.ts";
import { violated } from "../verdict.ts";
import type { Connection, ConnectOptions } from "../wire/connection.ts";
import { hasTools, postRpc, rpcRequest } from "./calling.ts";
import { inSession } from "./requests.ts";

type Headers = Readonly<Record<string, string>>;

/** A way to reach a session by its id. */
export interface Door {
  name: string;
  /** Reaches for the session: `open`, or how the server refuses, as `code -32602`. The last door ends the session where it is open. */
  knock(id: string, headers?: Headers): Promise<string>;
}

/** Every door that takes an id and can be tried on this server. */
export async function doors(server: Server): Promise<readonly Door[]> {
  const rpc = (method: string, params: JsonObject = {}): Door => ({
    name: method,
    async knock(session_id, headers = {}) {
      const { error } = await postRpc(server, rpcRequest(method, { ...params, session_id }), { ...headers });
      // A call may fail in the session, too: with another code than a session that cannot be used.
      return isObject(error) && error.code !== -32603 ? `code ${String(error.code)}` : "open";
    },
  });
  const found: Door[] = [{ name: "/ws", knock: (id, headers = {}) => knockAtSocket(server, id, headers) }];
  if (server.facts.mode === "simulation")
    found.push({
      name: "GET /state",
      async knock(id, headers = {}) {
        const { status } = await server.http({ path: "/state", headers: { ...headers, ...inSession(id) } });
        return status === 200 ? "open" : `status ${status}`;
      },
    });
  if (hasTools(server)) found.push(rpc("tools/list"));
  // A call comes after a reset without options, which the session may not survive where the environment needs some.
  if (hasTools(server) && server.actions.script.reset === undefined)
    found.push(rpc("tools/call", await server.actions.call()));
  found.push(rpc("openenv/session/close"));
  return found;
}

/** The address of `/ws` that names a session. */
export function attachedPath(id: string): string {
  return `/ws?session_id=${encodeURIComponent(id)}`;
}

/** The code of the error that attaching is refused with; undefined where it is not. */
export async function refusalOn(connection: Connection): Promise<string | undefined> {
  const { type, data } = await connection.ask({ type: "mcp", data: rpcRequest("conformance/knock") });
  return type === "error" && isObject(data) ? String(data.code) : undefined;
}

async function knockAtSocket(server: Server, id: string, headers: Headers): Promise<string> {
  const connection = await server.open(attachedPath(id), { headers });
  const refusal = await refusalOn(connection);
  await connection.close();
  return refusal === undefined ? "open" : `code ${refusal}`;
}

/**
 * A socket that is attached to the session, or to one that the function makes for each attempt; the code of the refusal where none is
 * taken in time. One that was attached before may take a moment to be noticed as gone.
 */
export async function attachedTo(
  server: Server,
  session: string | (() => Promise<string>),
  options: ConnectOptions = {},
): Promise<Connection | string> {
  const end = Date.now() + server.deadlineMs;
  for (;;) {
    const id = typeof session === "string" ? session : await session();
    const connection = await server.open(attachedPath(id), options);
    const refusal = await refusalOn(connection);
    if (refusal === undefined) return connection;
    await connection.close();
    if (Date.now() > end) return refusal;
  }
}

/** A socket as of `attachedTo`; that none is taken is a violation. */
export async function attach(...asked: Parameters<typeof attachedTo>): Promise<Connection> {
  const attached = await attachedTo(...asked);
  return typeof attached === "string" ? violated(`expected the session to take a socket, got ${attached}`) : attached;
}

/** Whether sessions can be reached by their ids. */
export function hasSessions({ facts }: Server): boolean {
  return facts.profiles.has("sessions");
}

/** A new session and its id; without an id where sessions are reached by their own sockets alone. */
export async function sharedSession(server: Server): Promise<{ connection: Connection; id?: string }> {
  if (!hasSessions(server)) return { connection: await server.session() };
  const id = await server.createSession();
  return { connection: await attach(server, id), id };
}

/** A socket at `/mcp` whose session is open for sure: where slots are few, one that is still being freed is waited for. */
export async function openMcp(server: Server): Promise<Connection> {
  const end = Date.now() + server.deadlineMs;
  for (;;) {
    const connection = await server.open("/mcp");
    const { error } = await connection.ask(rpcRequest("conformance/knock"));
    if (!isObject(error) || error.code !== -32000 || Date.now() > end) return connection;
    await connection.close();
  }
}

/** The id of the session of a socket, as the socket is told it. */
export function ownIdOf({ result, error }: JsonObject): string {
  if (isObject(result) && typeof result.session_id === "string") return result.session_id;
  return violated(`expected the id of the socket's session, got ${JSON.stringify(result ?? error)}`);
}

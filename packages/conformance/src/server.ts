import type { Actions } from "./actions.ts";
import type { Facts, Tool } from "./facts.ts";
import { isObject, type Json, type JsonObject } from "./json.ts";
import type { Trace } from "./trace.ts";
import { causeOf } from "./unable.ts";
import { notApplicable, violated } from "./verdict.ts";
import { type Connection, type ConnectOptions, type Upgrade, upgrade } from "./wire/connection.ts";
import { exchange, type HttpAnswer, type HttpRequest } from "./wire/http.ts";
import type { WireLog } from "./wire-log.ts";

/** Most sessions that the suite has open at once, except where a check fills every slot. */
export const mostSessions = 8;

/** What the run can do to the server as its operator. Only some runs can: a container, or a server started by the caller. */
export interface Control {
  /** Asks the server to shut down, as an orchestrator does, and returns without waiting. */
  shutDown(): Promise<void>;
  /** Waits until the server has ended and starts it again; returns when it answers. */
  restart(): Promise<void>;
}

/** What a check sees of the server under test. Whatever it opens is closed when the check has ended. */
export interface Server {
  readonly url: URL;
  readonly facts: Facts;
  readonly actions: Actions;
  /** Options that every reset of this environment needs. */
  readonly resetOptions: JsonObject;
  /** How long a reply may take, in milliseconds. */
  readonly deadlineMs: number;
  /** Whether the run waits out timers of the server: then a check that need not may do so. */
  readonly slow: boolean;
  upgrade(path: string, options?: ConnectOptions): Promise<Upgrade>;
  /** A WebSocket at `path`. Nothing has been sent on it. */
  open(path?: string, options?: ConnectOptions): Promise<Connection>;
  /** A WebSocket at `/ws` whose session is open for sure: where slots are few, one that is still being freed is waited for. */
  session(options?: ConnectOptions): Promise<Connection>;
  http(asked: HttpRequest): Promise<HttpAnswer>;
  /** One plain JSON-RPC request to `POST /mcp`, and its response. */
  rpc(method: string, params?: JsonObject): Promise<JsonObject>;
  /**
   * The id of a new session made with `openenv/session/create`: where slots are few, one that is still being freed is waited for.
   */
  createSession(headers?: Readonly<Record<string, string>>): Promise<string>;
  /** Resets and returns the outcome; anything but an observation is a violation. */
  reset(connection: Connection, options?: JsonObject): Promise<JsonObject>;
  /**
   * Steps, with a valid action unless one is given, and returns the outcome; anything but an observation is a violation. Not
   * applicable where the environment refuses an action that was generated.
   */
  step(connection: Connection, action?: JsonObject): Promise<JsonObject>;
  state(connection: Connection): Promise<JsonObject>;
  /** One of the environment's tools. Not applicable where it has none. */
  tool(): Tool;
  control(): Control;
  /** What the server sent during the whole run so far, held against the schemas. */
  readonly log: WireLog;
}

/** What one run shares among its checks. */
export interface Shared {
  url: URL;
  facts: Facts;
  actions: Actions;
  resetOptions: JsonObject;
  deadlineMs: number;
  slow: boolean;
  control: Control | undefined;
  /** Sessions that the suite may have open at once. */
  capacity: number;
  /** Whether the server has so many slots that none has to be waited for. */
  roomy: boolean;
  log: WireLog;
}

/** The server as one check sees it, and the way to leave nothing of the check behind. */
export function createServer(shared: Shared, trace: Trace): { server: Server; leave(): Promise<void> } {
  const { url, facts, actions, deadlineMs } = shared;
  const connections: Connection[] = [];
  // By id: what a request must carry to close the session.
  const sessions = new Map<string, Readonly<Record<string, string>>>();

  async function http(asked: HttpRequest): Promise<HttpAnswer> {
    const answer = await exchange(url, asked, trace.channel("http"), deadlineMs);
    const named = answer.headers["openenv-session"];
    const { Authorization } = asked.headers ?? {};
    const credentials: Record<string, string> = Authorization === undefined ? {} : { Authorization };
    if (asked.headers?.["OpenEnv-Session"] === "new" && typeof named === "string" && named !== "none")
      sessions.set(named, credentials);
    const result = isObject(answer.json) && isObject(answer.json.result) ? answer.json.result : {};
    if (asked.path === "/mcp" && typeof result.session_id === "string" && !("closed" in result))
      sessions.set(result.session_id, credentials);
    shared.log.onAnswer(asked, answer);
    return answer;
  }

  const server: Server = {
    url,
    facts,
    actions,
    resetOptions: shared.resetOptions,
    deadlineMs,
    slow: shared.slow,
    log: shared.log,
    http,
    async upgrade(path, options = {}) {
      const target = new URL(url.pathname.replace(/\/$/, "") + path, url);
      const onText = path.startsWith("/mcp") ? shared.log.onResponse : shared.log.onText;
      const settings = {
        deadlineMs,
        ...options,
        trace: trace.channel("ws"),
        onText,
      };
      const upgraded = await upgrade(target, settings);
      if ("connection" in upgraded) connections.push(upgraded.connection);
      return upgraded;
    },
    async open(path = "/ws", options = {}) {
      const upgraded = await server.upgrade(path, options);
      if ("connection" in upgraded) return upgraded.connection;
      return violated(`the upgrade of ${path}: expected status 101, got ${upgraded.status}`);
    },
    async session(options = {}) {
      const end = Date.now() + deadlineMs;
      for (;;) {
        const connection = await server.open("/ws", options);
        if (shared.roomy) return connection;
        const reply = await connection.ask({ type: "state" });
        const refused = isObject(reply.data) && reply.data.code === "CAPACITY_REACHED";
        if (!refused || Date.now() > end) return connection;
        await connection.close();
      }
    },
    async rpc(method, params) {
      const asked = { jsonrpc: "2.0", id: 1, method, ...(params === undefined ? {} : { params }) };
      const { json } = await http({ method: "POST", path: "/mcp", json: asked });
      if (!isObject(json)) return violated(`the response to ${method} is no JSON object`);
      return json;
    },
    async createSession(headers = {}) {
      const json = { jsonrpc: "2.0", id: 1, method: "openenv/session/create" };
      const end = Date.now() + deadlineMs;
      for (;;) {
        const { json: response } = await http({ method: "POST", path: "/mcp", json, headers });
        const { result, error }: JsonObject = isObject(response) ? response : {};
        if (isObject(result) && typeof result.session_id === "string") return result.session_id;
        const { code, data }: JsonObject = isObject(error) ? error : {};
        const full = code === -32000 && !(isObject(data) && "factory_name" in data);
        if (!full || Date.now() > end)
          return violated(`openenv/session/create gave no session_id: ${JSON.stringify(response)}`);
      }
    },
    async reset(connection, options = {}) {
      const reply = await connection.ask({ type: "reset", data: { ...shared.resetOptions, ...options } });
      return outcome("the reply to reset", reply);
    },
    async step(connection, action) {
      const data = action ?? (await actions.valid());
      const reply = await connection.ask({ type: "step", data });
      if (actions.isGuess(data) && isObject(reply.data) && reply.data.code === "EXECUTION_ERROR")
        return notApplicable(
          "the environment refuses generated actions; give some as `valid` in the file of --actions",
        );
      return outcome("the reply to step", reply);
    },
    async state(connection) {
      const reply = await connection.ask({ type: "state" });
      if (reply.type !== "state" || !isObject(reply.data))
        violated(`the reply to state is no state: ${JSON.stringify(reply)}`);
      return reply.data;
    },
    tool() {
      const [tool] = facts.tools ?? [];
      return tool ?? notApplicable("the environment has no tools");
    },
    control() {
      const { control } = shared;
      if (control === undefined)
        return notApplicable("needs a server that the suite may stop and start; give it one with --image");
      return {
        shutDown: () => control.shutDown(),
        restart: () =>
          control.restart().catch((error: unknown) => violated(`the server did not come back: ${causeOf(error)}`)),
      };
    },
  };

  async function leave(): Promise<void> {
    await Promise.all(connections.map((connection) => connection.close()));
    for (const [session_id, headers] of sessions) {
      const json: Json = { jsonrpc: "2.0", id: 1, method: "openenv/session/close", params: { session_id } };
      // Whether it worked is checked for all sessions together, when the run is over.
      await exchange(url, { method: "POST", path: "/mcp", json, headers }, trace.channel("http"), deadlineMs).catch(
        () => undefined,
      );
    }
  }
  return { server, leave };
}

function outcome(what: string, reply: JsonObject): JsonObject {
  if (reply.type !== "observation" || !isObject(reply.data))
    violated(`${what}: expected an observation, got ${JSON.stringify(reply)}`);
  return reply.data;
}

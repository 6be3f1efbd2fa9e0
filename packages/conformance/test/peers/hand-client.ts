// A small client of its own hand, behind the line protocol: `hand-client.ts FLAVOUR [ID]`. It conforms, except that it breaks the
// requirement ID. Flavours differ in the ways that a client may choose: `plain` uses /ws alone, `attached` creates its session over
// JSON-RPC and attaches to it, `rpc` lists tools at /mcp, `http` steps over HTTP.

import { createInterface } from "node:readline";
import { gzipSync } from "node:zlib";
import type { Command, RequirementId } from "../../src/index.ts";
import { readOutcome, readState, readToolError } from "./hand-replies.ts";
import { errorOf, HandError, type HandSocket, type Message, openHandSocket } from "./hand-socket.ts";

const [, , flavour = "plain", defect] = process.argv;
const isBroken = (id: RequirementId): boolean => id === defect;

interface Session {
  base: string;
  query: string;
  options: { bearer?: string; pingMs?: number };
  /** The id of a session that this client created. */
  created: string | undefined;
  socket: HandSocket | undefined;
  rpc: HandSocket | undefined;
}
let session: Session | undefined;

function wsUrl({ base, query }: Pick<Session, "base" | "query">, route: string): string {
  const url = new URL(base);
  const prefix = isBroken("security.prefix") ? "" : url.pathname.replace(/\/$/, "");
  return `ws://${url.host}${prefix}${route}${route === "/ws" ? query : ""}`;
}

async function http(
  base: string,
  path: string,
  body?: Message,
  headers: Record<string, string> = {},
): Promise<Message> {
  const text = body === undefined ? null : JSON.stringify(body);
  const zipped = isBroken("http.body-plain") && text !== null;
  const [address = ""] = base.split("?");
  const response = await fetch(address.replace(/\/$/, "") + path, {
    method: text === null ? "GET" : "POST",
    redirect: "manual",
    body: zipped ? gzipSync(text) : text,
    headers: { "content-type": "application/json", ...(zipped && { "content-encoding": "gzip" }), ...headers },
  }).catch((cause: unknown) => {
    throw new HandError("transport", String(cause));
  });
  if (!response.ok) throw new HandError("transport", `${path} answered ${response.status}`);
  const value: Message = JSON.parse(await response.text());
  return value;
}

const rpcOver = (base: string, method: string, params: Message = {}): Promise<Message> =>
  http(base, "/mcp", { jsonrpc: "2.0", id: 1, method, params }).then(({ result }) => Object(result));

async function connect({ url, session_id, bearer, ping_interval_s }: Command & { command: "connect" }): Promise<void> {
  await close();
  const { searchParams } = new URL(url);
  const created =
    flavour === "attached" && session_id === undefined
      ? String((await rpcOver(url, "openenv/session/create")).session_id)
      : undefined;
  const id = session_id ?? created;
  if (id !== undefined && isBroken("ws.query-once")) searchParams.append("session_id", id);
  else if (id !== undefined) searchParams.set("session_id", id);
  const query = searchParams.size === 0 ? "" : `?${searchParams}`;
  const options = {
    ...(bearer !== undefined && { bearer }),
    ...(ping_interval_s !== undefined && { pingMs: ping_interval_s * 1000 }),
  };
  const opening: Session = { base: url, query, options, created, socket: undefined, rpc: undefined };
  if (flavour !== "http") opening.socket = await openHandSocket(wsUrl(opening, "/ws"), isBroken, options);
  if (flavour === "rpc") opening.rpc = await openHandSocket(wsUrl(opening, "/mcp"), isBroken, options);
  if (id !== undefined && isBroken("security.id-url")) await http(url, `/health?session_id=${id}`);
  session = opening;
}

async function close(): Promise<void> {
  const { socket, rpc, base, created } = session ?? {};
  session = undefined;
  try {
    if (base === undefined || created === undefined) return;
    const { closed, closing } = await rpcOver(base, "openenv/session/close", { session_id: created });
    if (closed !== true && (closing !== true || isBroken("rpc.closing-attached")))
      throw new HandError("protocol", "the session was not closed");
  } finally {
    await socket?.close();
    await rpc?.close();
  }
}

/** Connects again where this client does so by itself. */
async function reconnect(open: Session): Promise<HandSocket | undefined> {
  const attached = open.query.includes("session_id") && flavour === "attached";
  const restarted = open.socket?.closeCode === 1012 && isBroken("ws.shutdown-pause");
  if (!(attached && open.socket?.closeCode !== 1012) && !restarted && !isBroken("ws.lost-session")) return undefined;
  open.socket = await openHandSocket(wsUrl(open, "/ws"), isBroken, open.options);
  if (attached && !isBroken("session.attach-look")) await open.socket.ask({ type: "state" }, 60_000);
  return open.socket;
}

async function ask(message: Message, timeoutMs: number): Promise<Message> {
  const open = session;
  if (open === undefined) throw new HandError("transport", "nothing is connected");
  if (flavour === "http") return askHttp(open, message);
  const lost = open.socket?.ended?.kind === "transport";
  const socket = (lost ? await reconnect(open) : undefined) ?? open.socket;
  if (socket === undefined) throw new HandError("transport", "nothing is connected");
  const again = async (): Promise<Message> => {
    open.socket = await openHandSocket(wsUrl(open, "/ws"), isBroken, open.options);
    return open.socket.ask(message, timeoutMs);
  };
  const reply = await socket.ask(message, timeoutMs).catch((reason: unknown) => {
    const refused = reason instanceof HandError && reason.code === "CAPACITY_REACHED";
    if (refused ? isBroken("ws.refused-pause") : isBroken("ws.no-resend")) return again();
    throw reason;
  });
  const failed = reply.type === "error" ? errorOf(reply) : undefined;
  if (failed === undefined) return reply;
  readError(reply, failed);
  throw failed;
}

const codes =
  "INVALID_JSON UNKNOWN_TYPE VALIDATION_ERROR EXECUTION_ERROR CAPACITY_REACHED FACTORY_ERROR SESSION_ERROR MODE_ERROR";

/** What a strict client would stumble over in an error. */
function readError({ data }: Message, { code = "" }: HandError): void {
  if (isBroken("error.code-unknown") && !codes.split(" ").includes(code))
    throw new HandError("transport", `what is ${code}?`);
  const { errors = [] } = Object(data);
  const foreign = errors.some((each: object) => Object.keys(each).some((key) => !["type", "loc", "msg"].includes(key)));
  if (isBroken("error.findings-foreign") && foreign) throw new HandError("transport", "a finding of another kind");
}

async function askHttp({ base }: Session, { type, data }: Message): Promise<Message> {
  if (type === "state") return { type, data: await http(base, "/state") };
  const body = type === "step" ? { action: data } : Object(data);
  const post = (): Promise<Message> => http(base, `/${type}`, body, { "openenv-session": "new" });
  const answered = await post().catch((reason: unknown) => {
    if (isBroken("http.step-once") && type === "step") return post();
    throw reason;
  });
  return { type: "observation", data: answered };
}

async function listTools(timeoutMs: number): Promise<unknown> {
  if (session?.rpc !== undefined) return rpcOverSocket(session.rpc, timeoutMs);
  const { data } = await ask({ type: "step", data: { type: "list_tools" } }, timeoutMs);
  return readOutcome(data, () => false).observation.tools;
}

const rpcWaiting: { id: number; resolve: (result: Message) => void }[] = [];
let rpcIds = 0;

/** Responses come in any order. */
async function rpcOverSocket(socket: HandSocket, timeoutMs: number): Promise<unknown> {
  rpcIds += 1;
  const { promise, resolve } = Promise.withResolvers<Message>();
  rpcWaiting.push({ id: rpcIds, resolve });
  const response = await socket.ask({ jsonrpc: "2.0", id: rpcIds, method: "tools/list" }, timeoutMs);
  const byId = rpcWaiting.findIndex(({ id }) => id === response.id);
  const [taken] = rpcWaiting.splice(isBroken("rpc.ws-order") ? 0 : byId, 1);
  taken?.resolve(Object(response.result));
  return (await promise).tools;
}

async function inspect(base: string): Promise<object> {
  const metadata = await http(base, isBroken("http.path-plain") ? "/%6detadata" : "/metadata");
  if (isBroken("http.metadata-tolerance") && "x_vendor" in metadata)
    throw new HandError("transport", "what is x_vendor?");
  const schema = await http(base, "/schema");
  const { $ref } = Object(schema.action);
  if (isBroken("security.client-schema") && typeof $ref === "string") await http($ref, "");
  const { tools } = await rpcOver(base, "tools/list");
  return { metadata, schema, tools };
}

async function carryOut(command: Command): Promise<object> {
  const timeoutMs = (command.timeout_s ?? 60) * 1000;
  switch (command.command) {
    case "connect":
      await connect(command);
      return { concurrent: true };
    case "reset": {
      const empty = Object.keys(command.options).length === 0;
      const data = empty && isBroken("ws.client-schema") ? null : command.options;
      return readOutcome((await ask({ type: "reset", data }, timeoutMs)).data, isBroken);
    }
    case "step":
      return readOutcome((await ask({ type: "step", data: command.action }, timeoutMs)).data, isBroken);
    case "state":
      if (isBroken("ws.extension-announced")) await ask({ type: "status" }, timeoutMs).catch(() => undefined);
      return { state: readState(await ask({ type: "state" }, timeoutMs)) };
    case "list_tools":
      return { tools: await listTools(timeoutMs) };
    case "call_tool": {
      const data = { type: "call_tool", tool_name: command.name, arguments: command.arguments };
      const { observation } = readOutcome((await ask({ type: "step", data }, timeoutMs)).data, isBroken);
      return { data: observation.result ?? null, error: readToolError(observation.error, isBroken) };
    }
    case "inspect":
      return inspect(command.url);
    case "close":
      await close();
      return {};
  }
}

async function answer(line: string): Promise<void> {
  const command: Command & { id: number } = JSON.parse(line);
  const { id } = command;
  const result = await carryOut(command).then(
    (result) => ({ id, ok: true, result }),
    (reason: unknown) => ({ id, ok: false, error: failureOf(reason) }),
  );
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

function failureOf(reason: unknown): object {
  if (reason instanceof HandError) return { kind: reason.kind, code: reason.code, message: reason.message };
  return { kind: "transport", message: String(reason) };
}

createInterface({ input: process.stdin })
  .on("line", (line) => void answer(line))
  .on("close", () => process.exit());

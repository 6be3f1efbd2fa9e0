import type { Profile } from "./check.ts";
import { isObject, type Json, type JsonObject } from "./json.ts";
import type { HttpAnswer, HttpRequest } from "./wire/http.ts";

/** A tool as `tools/list` tells it. */
export interface Tool {
  name: string;
  inputSchema: JsonObject;
}

/** What a server says about itself, read once before the checks. Nothing here is a verdict: a wrong answer is for a check to find. */
export interface Facts {
  mode: "simulation" | "production";
  profiles: ReadonlySet<Profile>;
  /** Undefined where the environment has none. */
  tools: readonly Tool[] | undefined;
  /** Whether the environment has actions beside `list_tools` and `call_tool`. */
  ownActions: boolean;
  schemas: { action: JsonObject; observation: JsonObject; state: JsonObject; resetObservation: JsonObject };
  /** `max_sessions` of `/health`; undefined where the server does not tell. */
  maxSessions: number | undefined;
  /** Sessions that were open before the checks began; undefined where the server does not tell. */
  openBefore: number | undefined;
}

/** Nothing speaks HTTP there, so there is nothing to judge. The message says what to try. */
export class Unreachable extends Error {}

export type Ask = (asked: HttpRequest) => Promise<HttpAnswer>;

/** Reads what the server offers. Throws `Unreachable` where not even `/health` is answered. */
export async function readFacts(url: URL, ask: Ask): Promise<Facts> {
  const health = await ask({ path: "/health" }).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new Unreachable(`no server answers at ${url.href}: ${why}. Is it running, and is this its address?`);
  });
  const orNothing = async (asked: HttpRequest): Promise<Json | undefined> => {
    try {
      return (await ask(asked)).json;
    } catch {
      return undefined;
    }
  };
  const schema = await orNothing({ path: "/schema" });
  const openapi = await orNothing({ path: "/openapi.json" });
  const metadata = await orNothing({ path: "/metadata" });
  const rpc = (method: string, params: JsonObject): Promise<Json | undefined> =>
    orNothing({ method: "POST", path: "/mcp", json: { jsonrpc: "2.0", id: 1, method, params } });
  const listed = await rpc("tools/list", {});
  const closed = await rpc("openenv/session/close", { session_id: "conformance-no-such-session" });

  const schemas = readSchemas(schema);
  const resets = hasReset(openapi);
  // A server in simulation need not have the routes of a simulation: its door may be `/ws` alone.
  const told = isObject(metadata) ? metadata.mode : undefined;
  const mode = told === "simulation" || told === "production" ? told : resets ? "simulation" : "production";
  const tools = readTools(listed);
  const slots = isObject(health.json) ? health.json : {};
  const maxSessions = typeof slots.max_sessions === "number" ? slots.max_sessions : undefined;
  const offered: Profile[] = ["core"];
  if (resets && mode === "simulation") offered.push("simulation-http");
  if (mode === "production") offered.push("production");
  if (knowsMethod(listed)) offered.push("mcp");
  if (knowsMethod(closed)) offered.push("sessions");
  return {
    mode,
    profiles: new Set(offered),
    tools,
    ownActions: !toolsOnly(schemas.action),
    schemas,
    maxSessions,
    openBefore: typeof slots.active_sessions === "number" ? slots.active_sessions : undefined,
  };
}

/** Whether a JSON-RPC response is to a method that the server has. */
function knowsMethod(response: Json | undefined): boolean {
  if (!isObject(response) || response.jsonrpc !== "2.0") return false;
  return !isObject(response.error) || response.error.code !== -32601;
}

function hasReset(openapi: Json | undefined): boolean {
  // A document that is missing or broken says nothing about the mode; simulation is what servers are in by default.
  if (!isObject(openapi) || !isObject(openapi.paths)) return true;
  return "/reset" in openapi.paths;
}

function readSchemas(document: Json | undefined): Facts["schemas"] {
  const schemas = isObject(document) ? document : {};
  const schema = (key: string): JsonObject => {
    const value = schemas[key];
    return isObject(value) ? value : {};
  };
  const resetObservation = isObject(schemas.reset_observation) ? schemas.reset_observation : schema("observation");
  return { action: schema("action"), observation: schema("observation"), state: schema("state"), resetObservation };
}

function readTools(response: Json | undefined): readonly Tool[] | undefined {
  if (!isObject(response) || !isObject(response.result) || !Array.isArray(response.result.tools)) return undefined;
  return response.result.tools.flatMap((tool: Json) => {
    if (!isObject(tool) || typeof tool.name !== "string") return [];
    const schema = tool.inputSchema ?? tool.input_schema;
    return [{ name: tool.name, inputSchema: isObject(schema) ? schema : {} }];
  });
}

function toolsOnly(action: JsonObject): boolean {
  const { properties } = action;
  return isObject(properties) && isObject(properties.type) && properties.type.const === "call_tool";
}

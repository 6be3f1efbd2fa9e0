import {
  decodeHealth,
  decodeMetadata,
  decodeSchemaDocument,
  type Health,
  isJsonObject,
  type JsonObject,
  type Metadata,
  routes,
  type SchemaDocument,
} from "@openenv/schema";
import { openHttp } from "#http";
import { type ClientOptions, resolveOptions } from "./options.ts";
import { parseTarget } from "./target.ts";

/** What a server tells of itself, without taking a session of it. */
export interface Inspector extends AsyncDisposable {
  /** @throws {TransportError} `connect`, `timeout` or `invalid-reply`, as do `metadata` and `schema`. */
  health(): Promise<Health>;
  metadata(): Promise<Metadata>;
  schema(): Promise<SchemaDocument>;
  /** The tools, in MCP's own shape; none if the environment has none. */
  tools(): Promise<JsonObject[]>;
  close(): Promise<void>;
}

/** Asks a server's HTTP routes. Connections open at the first question. @throws {TypeError} if the address is malformed. */
export function inspect(address: string | URL, options: ClientOptions = {}): Inspector {
  const http = openHttp(parseTarget(address), resolveOptions(options));
  return {
    health: async () => decodeHealth(await http.ask(routes.health)),
    metadata: async () => decodeMetadata(await http.ask(routes.metadata)),
    schema: async () => decodeSchemaDocument(await http.ask(routes.schema)),
    tools: async () => {
      const reply = await http.ask(routes.mcp, { jsonrpc: "2.0", id: 1, method: "tools/list" });
      const result = isJsonObject(reply) ? reply.result : undefined;
      const tools = isJsonObject(result) ? result.tools : [];
      return Array.isArray(tools) ? tools.filter(isJsonObject) : [];
    },
    close: () => http.close(),
    [Symbol.asyncDispose]: () => http.close(),
  };
}

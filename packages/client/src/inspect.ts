import {
  decodeHealth,
  decodeMetadata,
  decodeSchemaDocument,
  type Health,
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
  close(): Promise<void>;
}

/** Asks a server's HTTP routes. Connections open at the first question. @throws {TypeError} if the address is malformed. */
export function inspect(address: string | URL, options: ClientOptions = {}): Inspector {
  const http = openHttp(parseTarget(address), resolveOptions(options));
  return {
    health: async () => decodeHealth(await http.get(routes.health)),
    metadata: async () => decodeMetadata(await http.get(routes.metadata)),
    schema: async () => decodeSchemaDocument(await http.get(routes.schema)),
    close: () => http.close(),
    [Symbol.asyncDispose]: () => http.close(),
  };
}

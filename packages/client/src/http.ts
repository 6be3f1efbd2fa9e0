import type { ResolvedOptions } from "./options.ts";
import type { Target } from "./target.ts";

/** Asks one server for JSON. */
export interface HttpConnection {
  /**
   * GETs a path, or POSTs a JSON body to it.
   *
   * @throws {TransportError} `connect`, `timeout`, `aborted` or `invalid-reply`.
   * @throws {ProtocolError} for an error answer.
   */
  ask(path: string, body?: object): Promise<unknown>;
  close(): Promise<void>;
}

export type OpenHttp = (target: Target, options: ResolvedOptions) => HttpConnection;

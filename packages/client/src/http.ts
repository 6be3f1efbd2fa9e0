import type { ResolvedOptions } from "./options.ts";
import type { Target } from "./target.ts";

/** GETs JSON from one server. */
export interface HttpGetter {
  /** @throws {TransportError} `connect`, `timeout`, `aborted` or `invalid-reply`. @throws {ProtocolError} for an error answer. */
  get(path: string): Promise<unknown>;
  close(): Promise<void>;
}

export type OpenHttp = (target: Target, options: ResolvedOptions) => HttpGetter;

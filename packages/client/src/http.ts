import type { ResolvedOptions } from "./options.ts";
import type { Target } from "./target.ts";

export interface HttpAnswer {
  status: number;
  text: string;
}

/** Exchanges requests for answers with one server, without any time limit of its own. */
export interface HttpConnection {
  /**
   * GETs a path, or POSTs a JSON body to it.
   *
   * @throws {TransportError} `timeout` or `too-large`; the signal's reason; else whatever the network failed with.
   */
  exchange(path: string, body: string | undefined, signal: AbortSignal): Promise<HttpAnswer>;
  close(): Promise<void>;
}

export type OpenHttp = (target: Target, options: ResolvedOptions) => HttpConnection;

import type { ResolvedOptions } from "./options.ts";
import type { Target } from "./target.ts";

export interface HttpAnswer {
  status: number;
  text: string;
}

/** A request on its way. */
export interface Exchange {
  /** Rejects with a `TransportError`, `timeout` or `too-large`, or with whatever the network failed with. */
  answer: Promise<HttpAnswer>;
  /** Gives up: `answer` rejects, with what does not matter. */
  abort(): void;
}

/** Exchanges requests for answers with one server, without any time limit of its own. */
export interface HttpConnection {
  /** GETs a path, or POSTs a JSON body to it. */
  exchange(path: string, body: string | undefined): Exchange;
  close(): Promise<void>;
}

export type OpenHttp = (target: Target, options: ResolvedOptions) => HttpConnection;

import { type IncomingHttpHeaders, request } from "node:http";
import { request as secureRequest } from "node:https";
import { excerpt, type Json, parseJson } from "../json.ts";
import type { TraceChannel } from "../trace.ts";
import { Violation } from "../verdict.ts";

export interface HttpRequest {
  method?: string;
  /** With its query. */
  path: string;
  headers?: Readonly<Record<string, string>>;
  /** Bytes or text as they are. */
  body?: string | Buffer;
  /** A value to send as JSON, with the content type of JSON. */
  json?: Json;
}

export interface HttpAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  /** The body as JSON; undefined where it is not JSON. */
  json: Json | undefined;
}

/** Sends one request on a connection of its own. Throws a `Violation` if no whole answer comes in time. */
export function exchange(base: URL, asked: HttpRequest, trace: TraceChannel, deadlineMs: number): Promise<HttpAnswer> {
  const { method = "GET", path, headers = {}, json } = asked;
  const body = json === undefined ? asked.body : JSON.stringify(json);
  const url = new URL(base.pathname.replace(/\/$/, "") + path, base);
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
  const sent = (url.protocol === "https:" ? secureRequest : request)(url, {
    method,
    agent: false,
    headers: {
      ...(json === undefined ? {} : { "content-type": "application/json" }),
      ...(body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) }),
      ...headers,
    },
  });
  trace.sent(
    [`${method} ${path}`, JSON.stringify(headers), excerpt(String(body ?? ""))]
      .filter((part) => part && part !== "{}")
      .join(" "),
  );
  const timer = setTimeout(() => {
    reject(new Violation(`${method} ${path}: no answer within ${deadlineMs / 1000} seconds`));
    sent.destroy();
  }, deadlineMs);
  sent.on("response", (response) => {
    const chunks: Buffer[] = [];
    response.on("data", (chunk: Buffer) => chunks.push(chunk));
    response.on("error", (error) =>
      reject(new Violation(`${method} ${path}: the answer broke off (${error.message})`)),
    );
    response.on("end", () => {
      clearTimeout(timer);
      const text = Buffer.concat(chunks).toString("utf8");
      const status = response.statusCode ?? 0;
      trace.received(`${status} ${excerpt(text)}`);
      resolve({ status, headers: response.headers, text, json: parseJson(text) });
    });
  });
  sent.on("error", (error) => {
    clearTimeout(timer);
    trace.received(`error: ${error.message}`);
    reject(new Violation(`${method} ${path} failed: ${error.message}`));
  });
  sent.end(body);
  return promise;
}

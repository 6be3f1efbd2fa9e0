import { Agent, type IncomingHttpHeaders, request } from "node:http";
import { Agent as SecureAgent, request as secureRequest } from "node:https";
import type { Socket } from "node:net";
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
  /** Sends the body in chunks, without telling its length before. Default false. */
  chunked?: boolean;
  /** Keeps the connection of the answer for the next request. Default: a connection of its own. */
  agent?: Agent;
}

export interface HttpAnswer {
  /** Of HTTP, as the status line tells it: `1.1`. */
  version: string;
  /** Whether the request went over a connection that an earlier answer had left open. */
  reused: boolean;
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  /** The body as JSON; undefined where it is not JSON. */
  json: Json | undefined;
}

/** Keeps one connection open from answer to request. Whoever makes it destroys it. */
export function keepingAgent(base: URL): Agent {
  const options = { keepAlive: true, maxSockets: 1 };
  return base.protocol === "https:" ? new SecureAgent(options) : new Agent(options);
}

const known = new WeakSet<Socket>();

/**
 * Sends one request. Throws a `Violation` if no whole answer comes in time. An answer counts also where the peer does not wait for the
 * end of the request: to say that a body is too large, it need not be read.
 */
export function exchange(base: URL, asked: HttpRequest, trace: TraceChannel, deadlineMs: number): Promise<HttpAnswer> {
  const { method = "GET", path, headers = {}, json, agent = false } = asked;
  const body = json === undefined ? asked.body : JSON.stringify(json);
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
  let reused = false;
  let answered = false;
  const sent = (base.protocol === "https:" ? secureRequest : request)(base, {
    method,
    // As it stands: a URL would mend `//` and `/./`.
    path: base.pathname.replace(/\/$/, "") + path,
    agent,
    headers: {
      ...(json === undefined ? {} : { "content-type": "application/json" }),
      ...lengthOf(body, asked.chunked === true),
      ...headers,
    },
  });
  const fail = (why: string): void => reject(new Violation(`${method} ${path}${why}`));
  trace.sent(
    [`${method} ${path}`, excerpt(JSON.stringify(headers)), excerpt(String(body ?? ""))]
      .filter((part) => part && part !== "{}")
      .join(" "),
  );
  const timer = setTimeout(() => {
    fail(`: no answer within ${deadlineMs / 1000} seconds`);
    sent.destroy();
  }, deadlineMs);
  sent.on("socket", (socket) => {
    reused = known.has(socket);
    known.add(socket);
  });
  sent.on("response", (response) => {
    answered = true;
    const chunks: Buffer[] = [];
    response.on("data", (chunk: Buffer) => chunks.push(chunk));
    response.on("error", (error) => {
      clearTimeout(timer);
      fail(`: the answer broke off (${error.message})`);
    });
    response.on("end", () => {
      clearTimeout(timer);
      const text = Buffer.concat(chunks).toString("utf8");
      const { statusCode: status = 0, httpVersion: version } = response;
      trace.received(`${status} ${excerpt(text)}`);
      if (!sent.writableFinished) sent.destroy();
      resolve({ version, reused, status, headers: response.headers, text, json: parseJson(text) });
    });
  });
  sent.on("error", (error) => {
    if (answered) return;
    clearTimeout(timer);
    trace.received(`error: ${error.message}`);
    fail(` failed: ${error.message}`);
  });
  sent.end(body);
  return promise;
}

function lengthOf(body: string | Buffer | undefined, chunked: boolean): Record<string, string> {
  if (chunked) return { "transfer-encoding": "chunked" };
  return body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
}

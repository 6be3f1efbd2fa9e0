import { Agent, type ClientRequest, type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
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

/** A large body goes out in parts of this many bytes: each that is taken shows that the peer still reads. */
const partBytes = 2 ** 18;

/**
 * How long the headers of a large body go ahead of it, in milliseconds. A peer that refuses it for its length says so and hangs up, and
 * what it said is lost to a writer that is still writing.
 */
const headStartMs = 50;

/**
 * Sends one request. Throws a `Violation` if no whole answer comes, or no part of the body is taken, in time. An answer counts also where
 * the peer does not wait for the end of the request: to say that a body is too large, it need not be read.
 */
export function exchange(base: URL, asked: HttpRequest, trace: TraceChannel, deadlineMs: number): Promise<HttpAnswer> {
  const { method = "GET", path } = asked;
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
  const body = bodyOf(asked);
  trace.sent(describe(asked, body));
  const sent = begin(base, asked, body);
  let reused = false;
  let answered = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const wait = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      fail(`: no answer within ${deadlineMs / 1000} seconds`);
      sent.destroy();
    }, deadlineMs);
  };
  const fail = (why: string): void => {
    clearTimeout(timer);
    reject(new Violation(`${method} ${path}${why}`));
  };
  sent.on("socket", (socket) => {
    reused = known.has(socket);
    known.add(socket);
  });
  sent.on("response", (response) => {
    answered = true;
    readBody(response, (error, text) => {
      if (error !== undefined) return fail(`: the answer broke off (${error.message})`);
      clearTimeout(timer);
      const { statusCode: status = 0, httpVersion: version, headers } = response;
      trace.received(`${status} ${excerpt(text)}`);
      if (!sent.writableFinished) sent.destroy();
      resolve({ version, reused, status, headers, text, json: parseJson(text) });
    });
  });
  sent.on("error", (error) => {
    if (answered) return;
    trace.received(`error: ${error.message}`);
    fail(` failed: ${error.message}`);
  });
  wait();
  sendBody(sent, body, () => {
    if (!answered) wait();
    return !answered;
  });
  return promise;
}

function bodyOf({ json, body }: HttpRequest): Buffer | undefined {
  const sent = json === undefined ? body : JSON.stringify(json);
  return typeof sent === "string" ? Buffer.from(sent) : sent;
}

function describe({ method = "GET", path, headers = {} }: HttpRequest, body: Buffer | undefined): string {
  const named = Object.keys(headers).length === 0 ? "" : excerpt(JSON.stringify(headers));
  return [`${method} ${path}`, named, excerpt(body?.toString("utf8") ?? "")].filter((part) => part !== "").join(" ");
}

function begin(base: URL, asked: HttpRequest, body: Buffer | undefined): ClientRequest {
  const { method = "GET", path, headers = {}, json, chunked = false, agent = false } = asked;
  const length = body === undefined ? {} : { "content-length": String(body.length) };
  return (base.protocol === "https:" ? secureRequest : request)(base, {
    method,
    // As it stands: a URL would mend `//` and `/./`.
    path: base.pathname.replace(/\/$/, "") + path,
    agent,
    headers: {
      ...(json === undefined ? {} : { "content-type": "application/json" }),
      ...(chunked ? { "transfer-encoding": "chunked" } : length),
      ...headers,
    },
  });
}

/** `onProgress` tells whether to go on. */
function sendBody(sent: ClientRequest, body: Buffer | undefined, onProgress: () => boolean): void {
  if (body === undefined || body.length <= partBytes) {
    sent.end(body);
    return;
  }
  sent.flushHeaders();
  setTimeout(() => sendParts(sent, body, onProgress), headStartMs);
}

function sendParts(sent: ClientRequest, body: Buffer, onProgress: () => boolean): void {
  if (sent.destroyed || !onProgress()) return;
  if (body.length <= partBytes) sent.end(body);
  else
    sent.write(body.subarray(0, partBytes), () => setImmediate(sendParts, sent, body.subarray(partBytes), onProgress));
}

/** What one answer may hold before the suite hangs up. */
const mostBytes = 256 * 2 ** 20;

function readBody(response: IncomingMessage, done: (error: Error | undefined, text: string) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  response.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    chunks.push(chunk);
    if (bytes > mostBytes) response.destroy(new Error(`its body is longer than ${mostBytes} bytes`));
  });
  response.on("error", (error) => done(error, ""));
  response.on("end", () => done(undefined, Buffer.concat(chunks).toString("utf8")));
}

import { messageOf, TransportError } from "@openenv/schema";
import { Pool } from "undici";
import type { OpenHttp } from "./http.ts";
import { readAnswer } from "./http-answer.ts";

/** Over one undici pool: an order of magnitude cheaper than `fetch`. */
export const openHttp: OpenHttp = (target, options) => {
  const { origin, pathname } = new URL(target.httpUrl);
  const prefix = pathname === "/" ? "" : pathname;
  const timeoutMs = Number.isFinite(options.replyTimeoutMs) ? options.replyTimeoutMs : 0; // undici: 0 waits for ever
  const pool = new Pool(origin, {
    connections: 16,
    connectTimeout: Number.isFinite(options.connectTimeoutMs) ? options.connectTimeoutMs : 0,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    ...(target.socketPath !== undefined && { socketPath: target.socketPath }),
  });
  const headers = options.bearer === undefined ? null : { authorization: `Bearer ${options.bearer}` };

  return {
    async ask(path, question) {
      let status: number;
      let text: string;
      try {
        const { statusCode, body } = await pool.request({
          method: question === undefined ? "GET" : "POST",
          path: prefix + path,
          headers: question === undefined ? headers : { ...headers, "content-type": "application/json" },
          ...(question !== undefined && { body: JSON.stringify(question) }),
          ...(options.signal !== undefined && { signal: options.signal }),
        });
        status = statusCode;
        text = await body.text();
      } catch (cause) {
        throw failure(`${origin}${prefix}${path}`, cause);
      }
      return readAnswer(path, status, text);
    },
    close: () => pool.destroy(),
  };
};

function failure(url: string, cause: unknown): TransportError {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "UND_ERR_HEADERS_TIMEOUT" || code === "UND_ERR_BODY_TIMEOUT" || code === "UND_ERR_CONNECT_TIMEOUT") {
    return new TransportError("timeout", `no answer from ${url} in time`, { cause });
  }
  if (cause instanceof Error && cause.name === "AbortError") return new TransportError("aborted", "aborted", { cause });
  return new TransportError("connect", `cannot reach ${url}: ${messageOf(cause)}`, { cause });
}

import type { IncomingHttpHeaders } from "node:http";
import type { Breakage } from "../peers/broken.ts";
import type { Proofs } from "../peers/catches.ts";
import { without } from "../peers/http-breakage.ts";

const sessionHeader = "openenv-session";
const idPattern = /^[0-9a-f]{32}$/;

const routes = ["/reset", "/step", "/state"];
const named = (headers: IncomingHttpHeaders): string | undefined => headers[sessionHeader]?.toString();
const name = (headers: IncomingHttpHeaders, id: string): IncomingHttpHeaders => ({ ...headers, [sessionHeader]: id });

/** All requests without the header share one environment. */
function sharedEnvironment(): Breakage {
  let id = "new";
  return {
    request: ({ path, headers }) =>
      routes.includes(path) && named(headers) === undefined ? { headers: name(headers, id) } : {},
    answer: ({ headers }, asked) => {
      if (!routes.includes(asked.path) || named(asked.headers) !== undefined) return {};
      id = named(headers) ?? id;
      return { headers: name(headers, "none") };
    },
  };
}

export const httpSessionProofs: Proofs = {
  "http.session-none": { broken: sharedEnvironment() },
  "http.session-none-capacity": {
    peer: "small",
    broken: {
      answer: ({ status }, { path }) =>
        status === 503 && path === "/step" ? { status: 200, body: '{"observation":{},"reward":0,"done":false}' } : {},
    },
  },
  "http.session-new": {
    broken: {
      request: ({ headers }) => (idPattern.test(named(headers) ?? "") ? { headers: name(headers, "ended") } : {}),
    },
  },
  "http.session-new-failed": {
    broken: {
      answer: ({ status, headers }, asked) =>
        status >= 400 && named(asked.headers) === "new" ? { headers: name(headers, "f".repeat(32)) } : {},
    },
  },
  "http.session-id": {
    broken: {
      request: ({ path, headers }) =>
        path === "/reset" && named(headers) !== "new" ? { headers: without(headers, sessionHeader) } : {},
    },
  },
  "http.session-unknown": {
    broken: { request: ({ headers }) => (named(headers) === "NEW" ? { headers: name(headers, "new") } : {}) },
  },
  "http.session-told": {
    broken: {
      answer: ({ status, headers }, { path }) =>
        status === 200 && path === "/step" ? { headers: without(headers, sessionHeader) } : {},
    },
  },
  "http.session-told-error": {
    broken: {
      answer: ({ status, headers }) => (status === 422 ? { headers: without(headers, sessionHeader) } : {}),
    },
  },
  "http.session-body": {
    broken: {
      answer: ({ status, headers, body }, { path }) =>
        status === 200 && path === "/state" ? { body: `${body.slice(0, -1)},"session_id":"${named(headers)}"}` } : {},
    },
  },
};

import type { Proofs } from "../peers/catches.ts";
import { without } from "../peers/http-breakage.ts";

export const webPageProofs: Proofs = {
  "browser.origin": {
    broken: { request: ({ headers }) => (headers.origin === "null" ? { headers: without(headers, "origin") } : {}) },
  },
  "browser.origin-absent": {
    broken: { answer: (_, { headers }) => (headers.origin === undefined ? { status: 403 } : {}) },
  },
  "browser.host": {
    broken: {
      request: ({ headers }) =>
        headers.host?.startsWith("localhost.") === true
          ? { headers: { ...without(headers, "origin"), host: "localhost" } }
          : {},
    },
  },
  "browser.upgrade": { broken: { upgrade: (_, headers) => ({ headers: without(headers, "origin") }) } },
  "browser.every-route": {
    broken: {
      request: ({ headers }) =>
        headers["content-type"] === "text/plain" ? { headers: without(headers, "origin") } : {},
    },
  },
};

import { Buffer } from "node:buffer";
import type { Proofs } from "../peers/catches.ts";
import { answeringStatus, asking } from "../peers/http-breakage.ts";

const defaultLimit = 16 * 2 ** 20;
const contentType = (type: string) => ({ "content-type": type });

export const httpBodyProofs: Proofs = {
  "http.body-type": {
    broken: {
      request: ({ headers }) =>
        headers["content-type"] === "text/plain" ? { headers: { ...headers, ...contentType("application/json") } } : {},
    },
  },
  "http.body-untyped": {
    broken: {
      request: ({ headers, body }) =>
        headers["content-type"] === undefined && body !== ""
          ? { headers: { ...headers, ...contentType("application/octet-stream") } }
          : {},
    },
  },
  "http.body-utf8": {
    broken: asking((body, { headers }) =>
      headers["content-type"]?.endsWith("iso-8859-1") === true ? Buffer.from(body).toString("latin1") : body,
    ),
  },
  "http.body-not-utf8": { broken: asking((body) => body.replaceAll("\uFFFD", "?")) },
  "http.body-limit": { broken: asking((body) => body.slice(0, defaultLimit)) },
  "http.body-accept": {
    broken: { answer: (_, { body }) => (body.length > 2 ** 20 ? { status: 413 } : {}) },
  },
  "http.unknown-keys": {
    broken: {
      answer: (_, { path, body }) => (path === "/step" && body.includes("conformance") ? { status: 422 } : {}),
    },
  },
  "http.error-status": {
    broken: answeringStatus(404, ({ body }) => (body.includes("SESSION_ERROR") ? { status: 400 } : {})),
  },
  "http.error-code": { broken: answeringStatus(422, ({ body }) => ({ body: body.replace('"code"', '"error"') })) },
  "http.invalid-json": {
    broken: answeringStatus(422, ({ body }) => ({ body: body.replace('"json_invalid"', '"value_error"') })),
  },
  "http.findings": { broken: answeringStatus(422, () => ({ body: '{"detail":"wrong","code":"VALIDATION_ERROR"}' })) },
  "http.findings-body": {
    broken: answeringStatus(422, ({ body }) => ({ body: body.replaceAll('"loc":["body",', '"loc":[') })),
  },
  "http.findings-action": {
    broken: answeringStatus(422, ({ body }) => ({
      body: body.replaceAll('"loc":["do"', '"loc":["body","action","do"'),
    })),
  },
};

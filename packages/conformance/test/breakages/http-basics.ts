import type { Proofs } from "../peers/catches.ts";
import { answeringStatus, openRewritten, without } from "../peers/http-breakage.ts";

export const httpBasicProofs: Proofs = {
  "http.json": {
    broken: answeringStatus(404, ({ headers }) => ({ headers: { ...headers, "content-type": "text/plain" } })),
  },
  "http.version": { broken: () => openRewritten((text) => text.replace(/^HTTP\/1\.1/, "HTTP/1.0")) },
  "http.keep-alive": {
    broken: () => openRewritten((text) => text.replace(/^connection: keep-alive/im, "Connection: close")),
  },
  "http.accept": {
    broken: {
      answer: (_, { headers }) => (headers.accept?.startsWith("text/html") === true ? { status: 406 } : {}),
    },
  },
  "http.query": { broken: { request: ({ path }) => ({ path: path.replace("?", "%3F") }) } },
  "http.error-shape": {
    broken: answeringStatus(404, ({ body }) => ({ body: body.replace('"detail"', '"message"') })),
  },
  "http.not-found": {
    broken: answeringStatus(404, ({ body }) => ({ body: body.replace("Not Found", "No such page") })),
  },
  "http.path-exact": { broken: { request: ({ path }) => ({ path: path.toLowerCase() }) } },
  "http.method": { broken: answeringStatus(405, () => ({ status: 400 })) },
  "http.allow": { broken: answeringStatus(405, ({ headers }) => ({ headers: without(headers, "allow") })) },
};

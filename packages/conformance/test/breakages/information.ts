import type { Proofs } from "../peers/catches.ts";
import { answering, without } from "../peers/http-breakage.ts";

const described = {
  name: "workbench",
  description: "Does on request what a conformance check must see.",
  readme_content: null,
  version: "1.0.0",
  author: null,
  documentation_url: null,
};

export const informationProofs: Proofs = {
  "http.health-answer": { broken: answering("/health", (body) => ({ ...body, status: "degraded" })) },
  "http.health-full": {
    peer: "small",
    broken: answering("/health", (body) =>
      body.active_sessions === body.max_sessions ? { ...body, status: "degraded" } : body,
    ),
  },
  "http.health-cheap": {
    peer: "small",
    broken: {
      // Asks an environment made for the question, as `GET /state` does.
      request: ({ path }) => (path === "/metadata" ? { path: "/state" } : {}),
      answer: ({ status }, { path }) =>
        status === 200 && path === "/metadata" ? { body: JSON.stringify(described) } : {},
    },
  },
  "http.health-slots": { broken: answering("/health", (body) => without(body, "active_sessions")) },
  "http.metadata-answer": { broken: answering("/metadata", (body) => without(body, "version")) },
  "http.metadata-nulls": { broken: answering("/metadata", (body) => ({ ...body, author: ["nobody"] })) },
  "http.metadata-mode": { broken: answering("/metadata", (body) => without(body, "mode")) },
  "http.metadata-own": { broken: answering("/metadata", (body) => ({ ...body, mode: "training" })) },
  "http.openapi-answer": { broken: answering("/openapi.json", (body) => ({ ...body, openapi: "3.0.3" })) },
  "http.openapi-version": {
    broken: answering("/openapi.json", (body) => ({ ...body, info: { title: "workbench", version: "0.1.0" } })),
  },
  "http.openapi-paths": {
    broken: answering("/openapi.json", ({ paths, ...body }) => ({ ...body, paths: without(Object(paths), "/state") })),
  },
  "http.answer-schema": { broken: answering("/health", (body) => ({ ...body, active_sessions: -1 })) },
};

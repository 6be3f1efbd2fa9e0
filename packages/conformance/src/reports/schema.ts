import { profiles } from "../check.ts";

const text = { type: "string" };
const count = { type: "integer", minimum: 0 };
const line = {
  type: "object",
  required: ["direction", "channel", "text"],
  properties: { direction: { enum: ["sent", "received"] }, channel: text, text },
};
const counts = ["pass", "fail", "warn", "not_applicable", "known_failures"];

/** The JSON Schema of a report. Readers accept keys that they do not know. */
export const reportSchema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "Report of a conformance run",
  type: "object",
  required: [
    "schema",
    "revision",
    "target",
    "kind",
    "profiles",
    "seed",
    "summary",
    "stale_baseline",
    "complaints",
    "passed",
    "findings",
  ],
  properties: {
    schema: { const: 1 },
    revision: text,
    target: text,
    kind: { enum: ["server", "client"] },
    profiles: { type: "array", items: { enum: [...profiles, "client"] } },
    seed: { type: "integer" },
    summary: { type: "object", required: counts, properties: Object.fromEntries(counts.map((name) => [name, count])) },
    stale_baseline: { type: "array", items: text },
    complaints: { type: "array", items: text },
    sessions: { type: "object", required: ["before", "after"], properties: { before: count, after: count } },
    passed: { type: "boolean" },
    findings: {
      type: "array",
      items: {
        type: "object",
        required: ["id", "level", "profile", "sentence", "link", "status", "duration_ms"],
        properties: {
          id: text,
          level: { enum: ["MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "MAY"] },
          profile: { enum: [...profiles, "client"] },
          sentence: text,
          link: { type: "string", format: "uri" },
          status: { enum: ["pass", "fail", "warn", "not-applicable"] },
          message: text,
          known: { type: "boolean" },
          exchange: { type: "array", items: line },
          duration_ms: { type: "number", minimum: 0 },
        },
      },
    },
  },
};

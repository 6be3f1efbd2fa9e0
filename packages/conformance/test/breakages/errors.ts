import { isObject, type JsonObject } from "../../src/json.ts";
import type { Breakage } from "../peers/broken.ts";
import type { Proofs } from "../peers/catches.ts";
import { onType } from "./rewrites.ts";

/** Rewrites the `data` of error messages with a code, or of all. */
function onError(change: (data: JsonObject) => JsonObject, code?: string): Breakage {
  return { toClient: onType("error", (data) => (code === undefined || data.code === code ? change(data) : data)) };
}

/** Rewrites each finding of error messages. */
function onFindings(change: (finding: JsonObject) => JsonObject): Breakage {
  return onError(({ errors, ...data }) =>
    Array.isArray(errors) ? { ...data, errors: errors.filter(isObject).map(change) } : data,
  );
}

const stack = "Error: the bench collapsed\n    at step (/srv/workbench.js:12:7)";

export const errorProofs: Proofs = {
  "error.code-table": {
    broken: onError((data) => ({ ...data, code: "UNKNOWN_MESSAGE" }), "UNKNOWN_TYPE"),
  },
  "error.message": { broken: onError((data) => ({ ...data, message: "" }), "INVALID_JSON") },
  "error.no-trace": { broken: onError((data) => ({ ...data, message: stack }), "EXECUTION_ERROR") },
  "error.execution-text": { broken: onError((data) => ({ ...data, message: "It failed" }), "EXECUTION_ERROR") },
  "error.capacity-details": {
    peer: "small",
    broken: onError(({ max_sessions: _, ...data }) => data, "CAPACITY_REACHED"),
  },
  "error.factory-details": { peer: "broken", broken: onError(({ factory_name: _, ...data }) => data, "FACTORY_ERROR") },
  "error.factory-cause": {
    peer: "broken",
    broken: onError((data) => ({ ...data, message: "no such device: /dev/secret" }), "FACTORY_ERROR"),
  },
  "error.findings": { broken: onError(({ errors: _, ...data }) => data, "VALIDATION_ERROR") },
  "error.findings-loc": {
    broken: onFindings((finding) => ({ ...finding, loc: Array.isArray(finding.loc) ? finding.loc.slice(0, -1) : [] })),
  },
  "error.findings-message": { broken: onError((data) => ({ ...data, message: "It is wrong" }), "VALIDATION_ERROR") },
};

import { parse } from "yaml";
import { isObject } from "./json.ts";
import type { Finding } from "./report.ts";

/** Failures that a run is told to expect. */
export interface Baseline {
  has(id: string): boolean;
  /** Complaints about entries that describe nothing: what they name passed, is not applicable, or was not checked. */
  stale(findings: readonly Finding[]): string[];
}

/**
 * Reads a file of known failures, YAML or JSON: requirement ids, each with a sentence that says what the peer does instead.
 * Throws an `Error` that names the entry at fault.
 */
export function parseBaseline(text: string): Baseline {
  const entries: unknown = parse(text) ?? {};
  if (!isObject(entries))
    throw new Error("the file of known failures must hold an object: requirement ids and what happens instead");
  for (const [id, evidence] of Object.entries(entries)) {
    if (typeof evidence !== "string" || evidence.trim() === "")
      throw new Error(`the known failure ${id} must say what the peer does instead`);
  }
  return {
    has: (id) => id in entries,
    stale(findings) {
      const byId = new Map(findings.map((finding) => [finding.id, finding]));
      return Object.keys(entries).flatMap((id) => {
        const status = byId.get(id)?.status;
        if (status === "fail" || status === "warn") return [];
        const why =
          status === undefined
            ? "matches no check of this run"
            : status === "pass"
              ? "passes now"
              : "is not applicable here";
        return [`${id} ${why}: take it off the list of known failures`];
      });
    },
  };
}

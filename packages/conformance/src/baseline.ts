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
 * Reads a file of known failures, YAML or JSON: requirement ids, each with a sentence that says what the peer does instead, or with
 * that as `happens` and the address of a report of it as `link`. Throws an `Error` that names the entry at fault.
 */
export function parseBaseline(text: string): Baseline {
  const entries: unknown = parse(text) ?? {};
  if (!isObject(entries))
    throw new Error("the file of known failures must hold an object: requirement ids and what happens instead");
  for (const [id, entry] of Object.entries(entries)) requireEvidence(id, entry);
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

function requireEvidence(id: string, entry: unknown): void {
  const { happens, link, ...others }: Record<string, unknown> = isObject(entry) ? entry : { happens: entry };
  if (typeof happens !== "string" || happens.trim() === "")
    throw new Error(`the known failure ${id} must say what the peer does instead`);
  if (link !== undefined && (typeof link !== "string" || !/^https?:$/.test(URL.parse(link)?.protocol ?? "")))
    throw new Error(`the link of the known failure ${id} must be an address on the web`);
  const [extra] = Object.keys(others);
  if (extra !== undefined) throw new Error(`the known failure ${id} has no entry ${extra}; it has happens and link`);
}

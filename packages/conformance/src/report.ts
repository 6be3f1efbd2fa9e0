import type { Profile } from "./check.ts";
import type { Level } from "./requirements.ts";
import type { TraceLine } from "./trace.ts";

/**
 * - `pass`: the requirement was observed to hold.
 * - `fail`: a MUST was observed not to hold, or what its check relies on did not hold.
 * - `warn`: the same for a SHOULD.
 * - `not-applicable`: it cannot be observed on this peer; `message` says why.
 */
export type Status = "pass" | "fail" | "warn" | "not-applicable";

/** What came of one check. */
export interface Finding {
  id: string;
  level: Level;
  profile: Profile | "client";
  /** The requirement as the specification has it. */
  sentence: string;
  /** Where the specification has it, as a link. */
  link: string;
  status: Status;
  /** What was expected and what came instead, or why the requirement is not applicable; absent at a pass. */
  message?: string;
  /** Whether the failure is one that the run was told to expect. */
  known?: boolean;
  /** What was sent and received; absent at a pass. */
  exchange?: readonly TraceLine[];
  /** Milliseconds. */
  duration_ms: number;
}

/** What a run found. */
export interface Report {
  /** The version of this shape. */
  schema: 1;
  /** Revision of the specification that was judged against. */
  revision: string;
  /** The peer: its address, image or command. */
  target: string;
  kind: "server" | "client";
  /** Profiles that were checked. */
  profiles: readonly string[];
  seed: number;
  summary: Record<"pass" | "fail" | "warn" | "not_applicable" | "known_failures", number>;
  /** Complaints about the list of known failures: entries that passed, or that match nothing. */
  stale_baseline: readonly string[];
  /** Why the run did not pass, beside its findings: those, demanded profiles that are missing, sessions left behind, nothing judged. */
  complaints: readonly string[];
  /** Sessions open before and after, where the server tells. */
  sessions?: { before: number; after: number };
  /** Whether nothing unexpected was found: no `fail` that is not known, and no complaint. Warnings do not count. */
  passed: boolean;
  findings: readonly Finding[];
}

import type { RequirementId } from "./requirements.ts";
import type { Server } from "./server.ts";

/** A part of the protocol that a server may offer. `core` is what every server must. */
export const profiles = ["core", "simulation-http", "mcp", "sessions", "production"] as const;
export type Profile = (typeof profiles)[number];

/** What a check asks of the run. */
export interface CheckOptions {
  /** The mode of the server that the requirement is about; in the other it is not applicable. Default: both. */
  mode?: "simulation" | "production";
  /** Sessions that the check has open at the same time. Default 1. */
  slots?: number;
  /** Whether nothing else may use the server meanwhile: it fills every slot, or restarts the server. */
  alone?: boolean;
  /** Whether it waits out one of the peer's own timers. Such checks run with `--slow` alone. */
  slow?: boolean;
}

/** How one requirement is observed on a server. It throws `Violation` or `NotApplicable`; returning means pass. */
export interface ServerCheck extends Required<Omit<CheckOptions, "mode">> {
  id: RequirementId;
  profile: Profile;
  mode: "simulation" | "production" | undefined;
  run: (server: Server) => Promise<void>;
}

type Run = (server: Server) => Promise<void>;

/** Declares the checks of one profile. The level and the sentence are the specification's and are not repeated. */
export function checksOf(profile: Profile): (id: RequirementId, options: CheckOptions | Run, run?: Run) => ServerCheck {
  return (id, options, run) => {
    const asked: CheckOptions = typeof options === "function" ? {} : options;
    const { mode, slots = 1, alone = false, slow = false } = asked;
    const body = typeof options === "function" ? options : run;
    if (body === undefined) throw new Error(`the check of ${id} has no body`);
    return { id, profile, mode, slots, alone, slow, run: body };
  };
}

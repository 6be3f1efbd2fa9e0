import { type JsonObject, validationError } from "@openenv/schema";
import type { Contract } from "./contract.ts";

/** The options of a reset, parted: the standard ones, the environment's own, and a warning for each that has no effect. */
export interface ResetReading {
  seed: number | undefined;
  /** Sent by the client, or made here. */
  episodeId: string;
  own: JsonObject;
  warnings: string[];
}

/** @throws {ProtocolError} `VALIDATION_ERROR` for a declared option that does not match its schema. */
export function readResetOptions(contract: Contract, options: JsonObject): ResetReading {
  const { standardOptions } = contract;
  if (!standardOptions.check(options)) throw validationError("reset options", standardOptions.findings(options));
  const { seed, episode_id, ...others } = options;
  const names = contract.resetOptionNames;
  const known: Array<[string, unknown]> = [];
  const warnings: string[] = [];
  for (const [name, value] of Object.entries(others)) {
    if (value === undefined) continue; // in process only: JSON leaves it out
    if (names === undefined || names.has(name)) known.push([name, value]);
    else warnings.push(`reset option "${name.slice(0, 100)}" is unknown to this environment and was ignored`);
  }
  const own: JsonObject = Object.fromEntries(known);
  if (!contract.resetOptions.check(own)) throw validationError("reset options", contract.resetOptions.findings(own));
  if (typeof seed === "number" && contract.environment.seedable === false) {
    warnings.push(`this environment cannot repeat an episode by its seed: seed ${seed} has no effect`);
  }
  return {
    seed: typeof seed === "number" ? seed : undefined,
    episodeId: typeof episode_id === "string" ? episode_id : crypto.randomUUID(),
    own,
    warnings,
  };
}

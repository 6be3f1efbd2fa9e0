import { type Finding, type JsonObject, ProtocolError, type Validator, type WireOutcome } from "@openenv/schema";
import type { Outcome } from "./environment.ts";

/** The author's outcome as it goes on the wire. @throws {ProtocolError} `EXECUTION_ERROR` if it breaks its own schema. */
export function toWire(outcome: Outcome, observation: Validator<JsonObject>, source: string): WireOutcome {
  if (typeof outcome !== "object" || outcome === null)
    throw broken(source, [{ type: "type", loc: [], msg: "must be an outcome object" }]);
  const { reward = null, done = false, metadata } = outcome;
  if (!observation.check(outcome.observation))
    throw broken(source, observation.findings(outcome.observation, ["observation"]));
  if (reward !== null && !Number.isFinite(reward)) {
    throw broken(source, [
      { type: "reward", loc: ["reward"], msg: `must be a finite number or null, got ${String(reward)}` },
    ]);
  }
  if (typeof done !== "boolean") throw broken(source, [{ type: "type", loc: ["done"], msg: "must be a boolean" }]);
  if (metadata === undefined || isEmpty(metadata)) return { observation: outcome.observation, reward, done };
  return { observation: outcome.observation, reward, done, metadata };
}

function isEmpty(object: object): boolean {
  for (const _ in object) return false;
  return true;
}

function broken(source: string, findings: readonly Finding[]): ProtocolError {
  const [finding] = findings;
  const where = finding === undefined || finding.loc.length === 0 ? "outcome" : finding.loc.join(".");
  return new ProtocolError(
    "EXECUTION_ERROR",
    `The environment's ${source} returned an invalid outcome: ${where} ${finding?.msg}`,
  );
}

/** Adds to the warnings that the environment gave itself. */
export function withWarnings(outcome: WireOutcome, warnings: readonly string[]): WireOutcome {
  const earlier = outcome.metadata?.warnings;
  return {
    ...outcome,
    metadata: { ...outcome.metadata, warnings: [...(Array.isArray(earlier) ? earlier : []), ...warnings] },
  };
}

import { describe } from "vitest";
import { patienceProofs } from "./breakages/refusal.ts";
import { proveChecks } from "./peers/catches.ts";

// Together, for each waits five seconds.
describe.concurrent("with --slow", () => proveChecks(patienceProofs));

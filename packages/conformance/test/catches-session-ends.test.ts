import { attachingProofs } from "./breakages/attaching.ts";
import { sessionEndProofs } from "./breakages/session-ends.ts";
import { proveChecks } from "./peers/catches.ts";

proveChecks({ ...attachingProofs, ...sessionEndProofs });

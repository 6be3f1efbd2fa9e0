import { attachingProofs } from "./breakages/attaching.ts";
import { sessionEndProofs } from "./breakages/session-ends.ts";
import { sessionProofs } from "./breakages/sessions.ts";
import { proveChecks } from "./peers/catches.ts";

proveChecks({ ...sessionProofs, ...attachingProofs, ...sessionEndProofs });

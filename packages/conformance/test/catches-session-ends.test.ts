import { sessionEndProofs } from "./breakages/session-ends.ts";
import { proveChecks } from "./peers/catches.ts";

proveChecks(sessionEndProofs);

import { sessionProofs } from "./breakages/sessions.ts";
import { proveChecks } from "./peers/catches.ts";

proveChecks(sessionProofs);

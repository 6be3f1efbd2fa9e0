import { jsonProofs } from "./breakages/json.ts";
import { proveChecks } from "./peers/catches.ts";

proveChecks(jsonProofs);

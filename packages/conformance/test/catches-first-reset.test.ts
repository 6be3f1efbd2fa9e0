import { firstResetProofs } from "./breakages/first-reset.ts";
import { proveChecks } from "./peers/catches.ts";

proveChecks(firstResetProofs);

import { outcomeProofs } from "./breakages/outcomes.ts";
import { proveChecks } from "./peers/catches.ts";

proveChecks(outcomeProofs);

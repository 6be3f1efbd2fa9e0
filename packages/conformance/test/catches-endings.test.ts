import { endingProofs } from "./breakages/endings.ts";
import { proveChecks } from "./peers/catches.ts";

proveChecks(endingProofs);

import { closingProofs } from "./breakages/closing.ts";
import { proveChecks } from "./peers/catches.ts";

proveChecks(closingProofs);

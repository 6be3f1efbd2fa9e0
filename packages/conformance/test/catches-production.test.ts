import { productionProofs } from "./breakages/production.ts";
import { proveChecks } from "./peers/catches.ts";

proveChecks(productionProofs);

import { optionProofs } from "./breakages/options.ts";
import { proveChecks } from "./peers/catches.ts";

proveChecks(optionProofs);

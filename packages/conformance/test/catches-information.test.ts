import { informationProofs } from "./breakages/information.ts";
import { proveChecks } from "./peers/catches.ts";

proveChecks(informationProofs);

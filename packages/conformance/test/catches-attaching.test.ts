import { attachingProofs } from "./breakages/attaching.ts";
import { proveChecks } from "./peers/catches.ts";

proveChecks(attachingProofs);

import { livenessProofs } from "./breakages/liveness.ts";
import { proveChecks } from "./peers/catches.ts";

proveChecks(livenessProofs);

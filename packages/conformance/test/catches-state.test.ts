import { stateProofs } from "./breakages/state.ts";
import { proveChecks } from "./peers/catches.ts";

proveChecks(stateProofs);

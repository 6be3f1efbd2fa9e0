import { actionProofs } from "./breakages/actions.ts";
import { proveChecks } from "./peers/catches.ts";

proveChecks(actionProofs);

import { refusalProofs } from "./breakages/refusal.ts";
import { proveChecks } from "./peers/catches.ts";

proveChecks(refusalProofs);

import { limitProofs } from "./breakages/frames.ts";
import { proveChecks } from "./peers/catches.ts";

proveChecks(limitProofs);

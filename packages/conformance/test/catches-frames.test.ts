import { frameProofs } from "./breakages/frames.ts";
import { proveChecks } from "./peers/catches.ts";

proveChecks(frameProofs);

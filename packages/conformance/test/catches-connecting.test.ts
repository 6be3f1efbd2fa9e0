import { connectingProofs } from "./breakages/connecting.ts";
import { proveChecks } from "./peers/catches.ts";

proveChecks(connectingProofs);

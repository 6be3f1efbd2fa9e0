import { shutdownProofs } from "./breakages/shutdown.ts";
import { proveChecks } from "./peers/catches.ts";

proveChecks(shutdownProofs);

import { securityProofs } from "./breakages/security.ts";
import { proveChecks } from "./peers/catches.ts";

proveChecks(securityProofs);

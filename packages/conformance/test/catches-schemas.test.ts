import { schemaProofs } from "./breakages/schemas.ts";
import { proveChecks } from "./peers/catches.ts";

proveChecks(schemaProofs);

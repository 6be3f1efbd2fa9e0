import { errorProofs } from "./breakages/errors.ts";
import { proveChecks } from "./peers/catches.ts";

proveChecks(errorProofs);

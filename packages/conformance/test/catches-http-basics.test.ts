import { httpBasicProofs } from "./breakages/http-basics.ts";
import { proveChecks } from "./peers/catches.ts";

proveChecks(httpBasicProofs);

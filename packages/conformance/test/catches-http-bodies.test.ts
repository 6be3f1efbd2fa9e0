import { httpBodyProofs } from "./breakages/http-bodies.ts";
import { proveChecks } from "./peers/catches.ts";

proveChecks(httpBodyProofs);

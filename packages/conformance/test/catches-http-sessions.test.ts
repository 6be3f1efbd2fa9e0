import { httpSessionProofs } from "./breakages/http-sessions.ts";
import { proveChecks } from "./peers/catches.ts";

proveChecks(httpSessionProofs);

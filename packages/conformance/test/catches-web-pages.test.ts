import { webPageProofs } from "./breakages/web-pages.ts";
import { proveChecks } from "./peers/catches.ts";

proveChecks(webPageProofs);

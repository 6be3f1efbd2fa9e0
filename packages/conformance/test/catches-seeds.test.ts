import { seedProofs } from "./breakages/seeds.ts";
import { proveChecks } from "./peers/catches.ts";

proveChecks(seedProofs);

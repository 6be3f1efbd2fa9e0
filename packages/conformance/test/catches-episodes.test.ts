import { episodeProofs } from "./breakages/episodes.ts";
import { proveChecks } from "./peers/catches.ts";

proveChecks(episodeProofs);

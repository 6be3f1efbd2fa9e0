import { toolCallProofs } from "./breakages/tool-calls.ts";
import { toolEpisodeProofs } from "./breakages/tool-episodes.ts";
import { toolProofs } from "./breakages/tools.ts";
import { proveChecks } from "./peers/catches.ts";

proveChecks({ ...toolProofs, ...toolCallProofs, ...toolEpisodeProofs });

import { httpSimulationProofs } from "./breakages/http-simulation.ts";
import { proveChecks } from "./peers/catches.ts";

proveChecks(httpSimulationProofs);

import { messageProofs } from "./breakages/messages.ts";
import { proveChecks } from "./peers/catches.ts";

proveChecks(messageProofs);

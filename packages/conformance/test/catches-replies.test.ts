import { replyProofs } from "./breakages/replies.ts";
import { proveChecks } from "./peers/catches.ts";

proveChecks(replyProofs);

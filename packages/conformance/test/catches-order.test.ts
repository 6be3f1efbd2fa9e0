import { orderProofs } from "./breakages/order.ts";
import { proveChecks } from "./peers/catches.ts";

proveChecks(orderProofs);

import type { ClientCheck } from "../client.ts";
import { endingChecks } from "./endings.ts";
import { outcomeChecks } from "./outcomes.ts";
import { refusalChecks } from "./refusals.ts";
import { rpcChecks } from "./rpc.ts";
import { securityChecks } from "./security.ts";
import { sendingChecks } from "./sending.ts";
import { toleranceChecks } from "./tolerance.ts";

/** Every check of a client. */
export const everyClientCheck: readonly ClientCheck[] = [
  ...sendingChecks,
  ...toleranceChecks,
  ...outcomeChecks,
  ...endingChecks,
  ...refusalChecks,
  ...rpcChecks,
  ...securityChecks,
];

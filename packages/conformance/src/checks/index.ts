import type { ServerCheck } from "../check.ts";
import { messageChecks } from "./messages.ts";

/** Every check of a server, in the order of the specification. */
export const everyServerCheck: readonly ServerCheck[] = [...messageChecks];

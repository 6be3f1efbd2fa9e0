import { everyServerCheck } from "./checks/index.ts";
import type { RequirementId } from "./requirements.ts";

export { type Baseline, parseBaseline } from "./baseline.ts";
export { type Profile, profiles } from "./check.ts";
export { Unreachable } from "./facts.ts";
export type { ServerOptions } from "./judge.ts";
export type { Finding, Report, Status } from "./report.ts";
export { type Level, type Requirement, type RequirementId, requirements } from "./requirements.ts";
export { type Check, type RunOptions, runServerChecks, serverChecks } from "./run.ts";
export { parseScript, type Script, scriptSchema, type ToolCall } from "./script.ts";
export type { Control } from "./server.ts";
export type { TraceLine } from "./trace.ts";

/** Ids of the requirements that have a check. */
export const checkedIds: readonly RequirementId[] = everyServerCheck.map(({ id }) => id);

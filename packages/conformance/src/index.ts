import { everyServerCheck } from "./checks/index.ts";
import { everyClientCheck } from "./client/checks/index.ts";
import type { RequirementId } from "./requirements.ts";

export { type Baseline, parseBaseline } from "./baseline.ts";
export { type Profile, profiles } from "./check.ts";
export {
  type Command,
  type CommandName,
  commandSchemas,
  type Failure,
  type FailureKind,
  type Result,
  resultSchemas,
} from "./client/command.ts";
export { type ClientOptions, type ClientRunOptions, clientChecks, runClientChecks } from "./client/run.ts";
export { Unreachable } from "./facts.ts";
export type { ServerOptions } from "./judge.ts";
export type { Finding, Report, Status } from "./report.ts";
export { badge } from "./reports/badge.ts";
export { htmlReport } from "./reports/html.ts";
export { junitReport } from "./reports/junit.ts";
export { reportSchema } from "./reports/schema.ts";
export { type Level, type Requirement, type RequirementId, requirements } from "./requirements.ts";
export { type Check, type RunOptions, runServerChecks, serverChecks } from "./run.ts";
export { parseScript, type Script, scriptSchema, type ToolCall } from "./script.ts";
export type { Control } from "./server.ts";
export type { TraceLine } from "./trace.ts";
export { UnableError } from "./unable.ts";

/** Ids of the requirements that have a check. What binds every peer has one of servers and one of clients. */
export const checkedIds: readonly RequirementId[] = [
  ...new Set([...everyServerCheck, ...everyClientCheck].map(({ id }) => id)),
];

export { SandboxError, type SandboxErrorReason } from "./error.ts";
export type { Limits } from "./limits.ts";
export type { PreparedProgram, RunningProgram, StartOptions } from "./program.ts";
export { type Cell, openSandbox, type Sandbox } from "./sandbox.ts";
export type { Guarantees, TierName } from "./tier.ts";

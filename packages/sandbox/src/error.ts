/**
 * Why a sandbox could not be opened or a program not started.
 *
 * - `unknown_tier`: no tier has that name.
 * - `unavailable`: the tier does not work on this machine.
 * - `start_failed`: the program could not be started; the message has what the system said.
 * - `closed`: the cell was disposed, or the sandbox closed.
 */
export type SandboxErrorReason = "unknown_tier" | "unavailable" | "start_failed" | "closed";

/** The one error this package throws, apart from `RangeError` for limits out of range. */
export class SandboxError extends Error {
  readonly reason: SandboxErrorReason;

  constructor(reason: SandboxErrorReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "SandboxError";
    this.reason = reason;
  }
}

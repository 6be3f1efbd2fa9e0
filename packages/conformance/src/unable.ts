/** There is nothing to judge. The message is one sentence: the cause, and the next thing to try. */
export class UnableError extends Error {}

/** The command line asks for what makes no sense. */
export class UsageError extends Error {}

/** The text of whatever was thrown. */
export function causeOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** A mistake of the person at the keyboard: told in one line, with what to do next, and without a stack trace. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly advice: string;

  constructor(message: string, advice: string) {
    super(message);
    this.advice = advice;
  }
}

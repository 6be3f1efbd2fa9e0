import { messageOf, type Validator } from "@openenv/schema";
import type { Answer } from "./protocol.ts";

/** Answers the bench's questions, in a process that it started. The process ends when the bench does. */
export function answerQuestions<T>(questions: Validator<T>, answer: (question: T) => unknown): void {
  process.on("message", async (question: unknown) => {
    try {
      if (!questions.check(question)) throw new TypeError(`not understood: ${JSON.stringify(question)}`);
      tell({ value: await answer(question) });
    } catch (reason) {
      tell({ error: messageOf(reason) });
    }
  });
  process.on("disconnect", () => process.exit());
}

function tell(answer: Answer): void {
  process.send?.(answer);
}

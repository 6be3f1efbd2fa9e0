import type { Cell, Sandbox } from "@openenv/sandbox";
import { type Interpreter, startInterpreter } from "./interpreter.ts";
import type { Runtime } from "./language.ts";
import type { Language } from "./task.ts";

/** Where the code of one session runs: a cell, opened by the first code, and in it one interpreter per language. */
export interface Workplace {
  cell(): Promise<Cell>;
  /** The interpreter that has the variables of earlier steps, or a fresh one where that has ended. */
  interpreterOf(runtime: Runtime): Promise<Interpreter>;
  /** Ends the interpreters, so that nothing of an episode reaches the next. */
  clear(): Promise<void>;
  /** Ends everything, also what a step that hangs has started. Nothing starts afterwards. */
  close(): Promise<void>;
}

export function openWorkplace(sandbox: Sandbox): Workplace {
  const interpreters = new Map<Language, Interpreter>();
  let opened: Promise<Cell> | undefined;
  let closed = false;

  async function cell(): Promise<Cell> {
    if (closed) throw new RangeError("the session has ended");
    opened ??= sandbox.createCell();
    return opened;
  }

  return {
    cell,
    async interpreterOf(runtime) {
      const running = interpreters.get(runtime.language);
      if (running?.alive) return running;
      const fresh = await startInterpreter(await cell(), runtime);
      interpreters.set(runtime.language, fresh);
      return fresh;
    },
    async clear() {
      const running = [...interpreters.values()];
      interpreters.clear();
      await Promise.all(running.map((interpreter) => interpreter.close()));
    },
    async close() {
      closed = true;
      await (await opened)?.dispose();
    },
  };
}

import { spawn } from "node:child_process";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Validator } from "@openenv/schema";
import { type LoadRequest, type ServerRequest, validators } from "./protocol.ts";

/** A process of the bench. Disposing it ends it. */
export interface Child<Q extends ServerRequest | LoadRequest> extends AsyncDisposable {
  /** Asks one question; the next only after the answer. @throws {Error} if the process fails to answer, or ends. */
  ask<T>(question: Q, expected: Validator<T>): Promise<T>;
}

export type Program = "server" | "load";

/** How the processes of a run are started. */
export interface Spawning {
  /** The core they share; undefined: any. */
  core: number | undefined;
  /** Options of node for the servers. */
  serverOptions?: readonly string[];
  /** Aborting it kills them. */
  signal: AbortSignal;
}

export function startChild<Q extends ServerRequest | LoadRequest>(program: Program, options: Spawning): Child<Q> {
  const script = fileURLToPath(new URL(`./${program}${extname(import.meta.url)}`, import.meta.url));
  const nodeOptions = program === "server" ? (options.serverOptions ?? []) : [];
  const command = [process.execPath, ...process.execArgv, "--expose-gc", ...nodeOptions, script];
  const [file = process.execPath, ...args] =
    options.core === undefined ? command : ["taskset", "--cpu-list", String(options.core), ...command];
  const child = spawn(file, args, {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    signal: options.signal,
    killSignal: "SIGKILL",
  });
  let asked: PromiseWithResolvers<unknown> | undefined;
  let ended: Error | undefined;
  const exit = Promise.withResolvers<void>();

  function end(error: Error): void {
    ended ??= error;
    asked?.reject(ended);
    exit.resolve();
  }
  child.on("error", end);
  child.on("exit", (code, signal) => end(new Error(`the ${program} process ended (${code ?? signal})`)));
  child.on("message", (message: unknown) => {
    if (!validators.answer.check(message)) asked?.reject(new Error(`the ${program} process sent no answer`));
    else if (message.error !== undefined) asked?.reject(new Error(`${program} process: ${message.error}`));
    else asked?.resolve(message.value);
  });

  return {
    async ask(question, expected) {
      if (ended !== undefined) throw ended;
      asked = Promise.withResolvers();
      child.send(question);
      const value = await asked.promise;
      if (!expected.check(value)) throw new Error(`the ${program} process answered "${question.ask}" with nonsense`);
      return value;
    },
    async [Symbol.asyncDispose]() {
      if (ended === undefined && child.connected) child.disconnect();
      await exit.promise;
    },
  };
}

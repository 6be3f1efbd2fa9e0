#!/usr/bin/env node
import { runProgram } from "./program.ts";

/** Longest wait, in milliseconds, for what an environment may have left open once its command has ended. */
const lingerMs = 1_000;

// Whoever read the output is gone, as in `openenv inspect ... | head`: a command that holds something ends in order.
process.stdout.once("error", () => {
  process.stdout.on("error", () => undefined);
  if (process.listenerCount("SIGTERM") > 0) process.kill(process.pid, "SIGTERM");
  else process.exit(0);
});

process.exitCode = await runProgram(process.argv.slice(2));
setTimeout(() => process.exit(), lingerMs).unref();

#!/usr/bin/env node
import { runProgram } from "./program.ts";

const interrupted = 130;

// Whoever read the output is gone, as in `... | head`: nothing is left to tell.
process.stdout.once("error", () => process.exit());
process.exitCode = await runProgram(process.argv.slice(2));
// After an interruption nothing is waited for any more: a peer that never answers would hold its socket open.
if (process.exitCode === interrupted) process.exit();

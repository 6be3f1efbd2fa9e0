#!/usr/bin/env node
import { runProgram } from "./program.ts";

const interrupted = 130;

process.exitCode = await runProgram(process.argv.slice(2));
// After an interruption nothing is waited for any more: a peer that never answers would hold its socket open.
if (process.exitCode === interrupted) process.exit();

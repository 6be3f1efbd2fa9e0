#!/usr/bin/env node
import { writeFileSync } from "node:fs";
import { messageOf } from "@openenv/schema";
import { type Arguments, parseArguments, usage } from "./arguments.ts";
import { sharedCore } from "./placement.ts";
import { documentOf, writeDocument } from "./price/document.ts";
import { fullExtent, measurePrice, quickExtent } from "./price/price.ts";
import { openProgress, type Progress } from "./progress.ts";
import { writeReadme } from "./readme.ts";
import { conditions, type Report, table } from "./report.ts";
import { missed } from "./row.ts";
import { run, subjectNames } from "./run.ts";

const exitCodes = { targetMissed: 1, badArguments: 2, interrupted: 130 };

/** Runs what the command line asks for, and resolves with the exit code. */
async function main(commandLine: readonly string[]): Promise<number> {
  let args: Arguments;
  try {
    args = parseArguments(commandLine, subjectNames);
  } catch (reason) {
    console.error(`bench: ${messageOf(reason)}`);
    return exitCodes.badArguments;
  }
  if (args.help) {
    console.log(usage(subjectNames));
    return 0;
  }
  return measure(args);
}

async function measure(args: Arguments): Promise<number> {
  const interruption = new AbortController();
  const interrupt = (): void => interruption.abort();
  process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
  const progress = openProgress();
  try {
    if (args.all) return await price(args, progress, interruption.signal);
    const report = await run(args, progress, interruption.signal);
    progress.end();
    write(report, args.json);
    if (args.readme && !report.quick) writeReadme(report);
    return report.quick || missed(report.rows).length === 0 ? 0 : exitCodes.targetMissed;
  } catch (reason) {
    progress.end();
    if (!interruption.signal.aborted) throw reason;
    return exitCodes.interrupted;
  }
}

async function price({ quick, json }: Arguments, progress: Progress, signal: AbortSignal): Promise<number> {
  const core = quick ? undefined : sharedCore();
  const report = { quick, ...(await measurePrice(quick ? quickExtent : fullExtent, core, progress, signal)) };
  progress.end();
  const text = JSON.stringify(report, null, 2);
  if (json?.file !== undefined) writeFileSync(json.file, `${text}\n`);
  console.log(json !== undefined && json.file === undefined ? text : documentOf(report));
  if (quick) return 0;
  writeDocument(report);
  return report.targets.every(({ met }) => met) ? 0 : exitCodes.targetMissed;
}

function write(report: Report, json: Arguments["json"]): void {
  const text = JSON.stringify(report, null, 2);
  if (json !== undefined && json.file === undefined) {
    console.log(text);
    return;
  }
  if (json?.file !== undefined) writeFileSync(json.file, `${text}\n`);
  console.log(`${table(report)}\n\n${conditions(report)}`);
  for (const { subject, floor } of report.quick ? [] : missed(report.rows)) {
    console.log(`Target missed: ${subject}, against ${floor}`);
  }
}

process.exitCode = await main(process.argv.slice(2));

import type { CommonFlags, Judging } from "./program.ts";
import type { Report } from "./report.ts";

export interface ClientFlags extends CommonFlags {
  command: string;
}

export async function judgeClient(_flags: ClientFlags, _judging: Judging): Promise<Report> {
  throw new Error("being written");
}

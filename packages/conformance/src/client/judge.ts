import { finding, observe } from "../judge.ts";
import type { Finding } from "../report.ts";
import { createTrace } from "../trace.ts";
import { notApplicable, Violation } from "../verdict.ts";
import { type ClientCheck, createClient } from "./client.ts";
import type { Program } from "./program.ts";

export interface ClientJudging {
  deadlineMs: number;
  mark: () => string;
}

/** Holds a client against one requirement. */
export async function judgeClient(
  { id, run }: ClientCheck,
  program: Program,
  judging: ClientJudging,
): Promise<Finding> {
  const trace = createTrace();
  const begun = performance.now();
  const { client, avoidedSocket, leave } = createClient({ program, trace, ...judging });
  const body = async (): Promise<void> => {
    try {
      await run(client);
    } catch (reason) {
      if (!(reason instanceof Violation) || !avoidedSocket()) throw reason;
    }
    if (avoidedSocket()) notApplicable("the client steps over HTTP, and this is observed on a WebSocket");
  };
  const verdict = await observe(id, body, leave);
  return finding({ id, profile: "client" }, verdict, trace, Math.round(performance.now() - begun));
}

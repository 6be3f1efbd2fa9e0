import { expect, test } from "vitest";
import { serverChecks } from "../src/index.ts";
import { rightPeers } from "./peers/right.ts";

const prefix = /^(tool|rpc|session)\./;
test.each(Object.keys(rightPeers))("%s", { timeout: 120_000 }, async (name) => {
  const peer = await Object.entries(rightPeers).find(([each]) => each === name)?.[1]();
  const bad: unknown[] = [];
  const na: string[] = [];
  const slow: string[] = [];
  for (const check of serverChecks({ url: peer?.url ?? "", script: peer?.script ?? {}, deadlineMs: 4000 }).filter(({ id }) => prefix.test(id))) {
    const finding = await check.run();
    if (finding.status === "fail" || finding.status === "warn") bad.push([finding.id, finding.message]);
    if (finding.status === "not-applicable") na.push(finding.id + ": " + finding.message);
    if (finding.duration_ms > 300) slow.push(finding.id + " " + finding.duration_ms);
  }
  console.log(name, "bad", bad, "\nNA", na.join("\n"), "\nslow", slow.join(", "));
  await peer?.[Symbol.asyncDispose]();
});

import type { Baseline, Finding, Report } from "../../src/index.ts";
import { parseBaseline } from "../../src/index.ts";
import { summarize } from "../../src/run.ts";

/** What a hostile peer would like to have printed. */
export const hostile = `<script>alert(1)</script> "'& \u001b[2J\u0000\u009b31m ]]> \ud800 \ufffe`;

const finding: Finding = {
  id: "ws.binary",
  level: "MUST",
  profile: "core",
  sentence: "A server MUST answer a binary message with INVALID_JSON.",
  link: "https://example.org/spec/websocket.md#malformed-messages",
  status: "fail",
  message: "expected an error, got the end of the connection",
  exchange: [
    { direction: "sent", channel: "ws#1", text: "frame" },
    { direction: "received", channel: "ws#1", text: "close 1003" },
  ],
  duration_ms: 12,
};

const oneOfEach: Partial<Finding>[] = [
  {},
  { id: "ws.endpoint", status: "pass" },
  { id: "ws.flow-pause", level: "SHOULD", status: "warn" },
  { id: "ws.step-answer", status: "fail" },
  { id: "ws.shutdown-close", status: "not-applicable", message: "needs a server that may be stopped" },
];

/** A report as a run makes it. By default it has one finding of each kind. */
export function report(
  findings = oneOfEach,
  baseline: Baseline | undefined = findings === oneOfEach ? parseBaseline("ws.step-answer: answers twice") : undefined,
): Report {
  return summarize({
    kind: "server",
    target: "http://localhost:8000/",
    profiles: ["core"],
    seed: 1,
    findings: findings.map((each) => ({ ...finding, ...each })),
    baseline,
    sessions: { before: 0, after: 0 },
  });
}

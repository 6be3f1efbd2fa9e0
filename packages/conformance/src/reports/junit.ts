import type { Finding, Report } from "../report.ts";

/** A report as JUnit XML, which continuous integration shows as tests. Warnings are output, not failures. */
export function junitReport({ kind, target, findings, complaints }: Report): string {
  const cases = findings.map(testCase);
  const stale = complaints.map(
    (complaint) =>
      `  <testcase classname="run" name="${escapeXml(complaint)}"><failure message="of the whole run"/></testcase>`,
  );
  const failures = findings.filter((finding) => finding.status === "fail" && !finding.known).length + stale.length;
  const skipped = findings.filter(({ status }) => status === "not-applicable").length;
  const name = escapeXml(`OpenEnv ${kind} ${target}`);
  const lines = [...cases, ...stale].join("\n");
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuite name="${name}" tests="${cases.length + stale.length}" failures="${failures}" skipped="${skipped}">
${lines}
</testsuite>
`;
}

function testCase(finding: Finding): string {
  const { id, profile, duration_ms } = finding;
  const open = `  <testcase classname="${escapeXml(profile)}" name="${escapeXml(id)}" time="${(duration_ms / 1000).toFixed(3)}"`;
  const inner = result(finding);
  return inner === "" ? `${open}/>` : `${open}>${inner}</testcase>`;
}

function result({ status, known, message = "", sentence, link, exchange = [] }: Finding): string {
  if (status === "pass") return "";
  if (status === "not-applicable") return `<skipped message="${escapeXml(message)}"/>`;
  const text = escapeXml(
    [sentence, link, ...exchange.map((line) => `${line.channel} ${line.direction}: ${line.text}`)].join("\n"),
  );
  if (status === "warn" || known) return `<system-out>${escapeXml(message)}\n${text}</system-out>`;
  return `<failure message="${escapeXml(message)}">${text}</failure>`;
}

/** Text fit for XML: what a peer sent may hold anything, also characters that XML cannot. */
function escapeXml(text: string): string {
  return (
    text
      .toWellFormed()
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML 1.0 forbids
      .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd")
      .replaceAll("&", "&amp;")
      .replaceAll("<", "&lt;")
      .replaceAll(">", "&gt;")
      .replaceAll('"', "&quot;")
      .replaceAll("\n", "&#10;")
  );
}

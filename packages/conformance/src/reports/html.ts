import type { Finding, Report } from "../report.ts";

type Shown = Finding["status"] | "known";

const words: Record<Shown, string> = {
  fail: "failed",
  warn: "warned",
  known: "known to fail",
  pass: "passed",
  "not-applicable": "not applicable",
};

/** A report as one HTML page that needs nothing but itself. Everything that a peer sent is text in it, never markup. */
export function htmlReport(report: Report): string {
  const { target, kind, revision, passed, seed, sessions } = report;
  const verdict = passed ? "conforms" : "does not conform";
  const facts = [
    `revision ${revision}`,
    `profiles: ${report.profiles.join(", ")}`,
    `seed ${seed}`,
    ...(sessions === undefined ? [] : [`sessions open before ${sessions.before}, after ${sessions.after}`]),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<title>${escapeHtml(target)} ${verdict}</title>
<style>${style}${filterRules()}</style>
</head>
<body>
<header>
<p class="kind">OpenEnv ${kind}</p>
<h1>${escapeHtml(target)}</h1>
<p class="verdict ${passed ? "pass" : "fail"}">${verdict}</p>
<p class="facts">${facts.map(escapeHtml).join(" · ")}</p>
${bar(report)}
${report.complaints.map((complaint) => `<p class="stale">${escapeHtml(complaint)}</p>`).join("\n")}
</header>
<main>
${filters(report)}
${[...new Set(report.findings.map(({ profile }) => profile))].map((profile) => section(profile, report.findings)).join("\n")}
</main>
</body>
</html>
`;
}

function shownAs({ status, known }: Finding): Shown {
  return known ? "known" : status;
}

function tally(findings: readonly Finding[]): [Shown, number][] {
  const order: Shown[] = ["fail", "warn", "known", "pass", "not-applicable"];
  return order.map((shown) => [shown, findings.filter((each) => shownAs(each) === shown).length]);
}

function bar({ findings }: Report): string {
  const parts = tally(findings).filter(([, count]) => count > 0);
  const label = parts.map(([shown, count]) => `${count} ${words[shown]}`).join(", ");
  const spans = parts.map(([shown, count]) => `<span class="${shown}" style="flex-grow:${count}"></span>`);
  return `<div class="bar" role="img" aria-label="${label}">${spans.join("")}</div>`;
}

/** Check boxes that hide by style rules alone: the page runs no script. */
function filters({ findings }: Report): string {
  const problems = findings.some((each) => each.status === "fail" || each.status === "warn");
  return tally(findings)
    .filter(([, count]) => count > 0)
    .map(([shown, count]) => {
      const checked = shown === "not-applicable" || (shown === "pass" && problems) ? "" : " checked";
      return `<input type="checkbox" id="show-${shown}"${checked}><label class="${shown}" for="show-${shown}">${count} ${words[shown]}</label>`;
    })
    .join("\n");
}

function filterRules(): string {
  return Object.keys(words)
    .map((shown) => `#show-${shown}:not(:checked)~section .finding.${shown}{display:none}`)
    .join("");
}

function section(profile: string, findings: readonly Finding[]): string {
  const own = findings.filter((each) => each.profile === profile);
  if (own.length === 0) return "";
  const held = own.filter(({ status }) => status === "pass").length;
  const judged = own.filter(({ status }) => status !== "not-applicable").length;
  return `<section><h2>${escapeHtml(profile)} <small>${held} of ${judged}</small></h2>\n${own.map(article).join("\n")}\n</section>`;
}

function article(finding: Finding): string {
  const { id, level, sentence, message, link, exchange = [], status } = finding;
  const shown = shownAs(finding);
  const open = shown === "fail" || shown === "warn" ? " open" : "";
  const lines = exchange.map(
    ({ channel, direction, text }) =>
      `<tr class="${direction}"><th>${escapeHtml(channel)}</th><td>${direction === "sent" ? "→" : "←"}</td><td><code>${escapeHtml(text)}</code></td></tr>`,
  );
  return `<details class="finding ${shown}" id="${escapeHtml(id)}"${open}>
<summary><span class="mark">${words[shown] === "passed" ? "pass" : shown}</span> <b>${escapeHtml(id)}</b> <small>${level}</small></summary>
<p>${escapeHtml(sentence)} <a href="${escapeHtml(link)}">specification</a></p>
${message === undefined ? "" : `<p class="message">${escapeHtml(message)}</p>`}
${lines.length === 0 || status === "pass" ? "" : `<table>${lines.join("")}</table>`}
</details>`;
}

function escapeHtml(text: string): string {
  return text
    .toWellFormed()
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

const style = `
:root{color-scheme:light dark;--fail:#c0392b;--warn:#a86200;--known:#6b5b95;--pass:#2e7d32;--not-applicable:#7a7a7a;--line:#8884}
body{font:16px/1.5 system-ui,sans-serif;max-width:62rem;margin:0 auto;padding:1.5rem}
h1{margin:0;font-size:1.6rem;overflow-wrap:anywhere}h2{font-size:1.15rem;margin:1.8rem 0 .4rem}small{color:var(--not-applicable);font-weight:normal}
.kind,.facts{margin:.2rem 0;color:var(--not-applicable)}.verdict{font-size:1.2rem;font-weight:bold;margin:.3rem 0}
.verdict.pass{color:var(--pass)}.verdict.fail,.stale{color:var(--fail)}
.bar{display:flex;height:.7rem;border-radius:.35rem;overflow:hidden;margin:.8rem 0}.bar span{min-width:3px}
.bar .fail{background:var(--fail)}.bar .warn{background:var(--warn)}.bar .known{background:var(--known)}.bar .pass{background:var(--pass)}.bar .not-applicable{background:var(--line)}
main>label{margin-right:1rem}label.fail,.fail>summary .mark{color:var(--fail)}label.warn,.warn>summary .mark{color:var(--warn)}label.known,.known>summary .mark{color:var(--known)}label.pass,.pass>summary .mark{color:var(--pass)}label.not-applicable,.not-applicable>summary .mark{color:var(--not-applicable)}
.finding{border-top:1px solid var(--line);padding:.35rem 0}summary{cursor:pointer}.mark{display:inline-block;min-width:7.5rem}
.message{font-weight:bold;overflow-wrap:anywhere}.finding p{margin:.4rem 0 .4rem 1rem}
table{margin:.4rem 0 .6rem 1rem;border-collapse:collapse;font-size:.85rem}th,td{text-align:left;vertical-align:top;padding:.1rem .5rem}th{font-weight:normal;color:var(--not-applicable);white-space:nowrap}code{overflow-wrap:anywhere;white-space:pre-wrap}
tr.received td:nth-child(2){color:var(--warn)}`;

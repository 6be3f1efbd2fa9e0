import { styleText } from "node:util";
import type { Finding, Report } from "../report.ts";

type Style = Parameters<typeof styleText>[0];

/** How the terminal shows a report. */
export interface TerminalOptions {
  /** Whether to colour. */
  colour: boolean;
  /** Whether to list what passed and what is not applicable, too. */
  verbose: boolean;
}

const marks: Record<Finding["status"], [string, Style]> = {
  pass: ["✓", "green"],
  fail: ["✗", "red"],
  warn: ["!", "yellow"],
  "not-applicable": ["·", "gray"],
};

/** A report for people at a terminal: what is wrong first and in full, the counts last. */
export function terminalReport(report: Report, { colour, verbose }: TerminalOptions): string {
  const paint = (style: Style, text: string): string =>
    colour ? styleText(style, text, { validateStream: false }) : text;
  const shown = report.findings.filter((each) => verbose || each.status === "fail" || each.status === "warn");
  const lines = shown.map((each) => (each.known && !verbose ? knownLine(each, paint) : describe(each, paint)));
  const stale = report.complaints.map((complaint) => paint("red", `✗ ${complaint}`));
  return [...lines, ...stale, summary(report, paint), ""].join("\n");
}

type Paint = (style: Style, text: string) => string;

function knownLine({ id, message = "" }: Finding, paint: Paint): string {
  return paint("gray", `~ ${id}  known: ${message}`);
}

function describe(finding: Finding, paint: Paint): string {
  const { status, id, level, sentence, message, link, exchange, known } = finding;
  const [mark, style] = marks[status];
  const title = `${paint(style, `${mark} ${id}`)}  ${paint("gray", known ? `${level}, known` : level)}`;
  if (status === "pass") return title;
  if (status === "not-applicable") return `${title}  ${paint("gray", message ?? "")}`;
  const wire = (exchange ?? []).map(
    (line) => `    ${line.channel} ${line.direction === "sent" ? ">" : "<"} ${printable(line.text)}`,
  );
  return [
    title,
    `  ${sentence}`,
    `  ${paint("bold", printable(message ?? ""))}`,
    ...wire,
    `  ${paint("gray", link)}`,
    "",
  ].join("\n");
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach the terminal
const control = /[\u0000-\u001f\u007f-\u009f]/g;

/** What a peer sent may hold control characters; at a terminal they would act. */
function printable(text: string): string {
  return text.replaceAll(control, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function summary(
  { target, kind, revision, profiles, seed, summary: counts, sessions, passed }: Report,
  paint: Paint,
): string {
  const count = (number: number, word: string, style: Style): string =>
    number > 0 ? paint(style, `${number} ${word}`) : `${number} ${word}`;
  const parts = [
    count(counts.pass, "passed", "green"),
    count(counts.fail, "failed", "red"),
    count(counts.warn, counts.warn === 1 ? "warning" : "warnings", "yellow"),
    ...(counts.known_failures > 0 ? [`${counts.known_failures} known`] : []),
    `${counts.not_applicable} not applicable`,
  ];
  const clean = sessions !== undefined && sessions.after <= sessions.before;
  const left = clean ? [`no session left behind (${sessions.before} before, ${sessions.after} after)`] : [];
  return [
    `${kind} ${target}, revision ${revision}, ${profiles.join(", ")}, seed ${seed}`,
    ...left,
    `${passed ? paint("green", "conforms") : paint("red", "does not conform")}: ${parts.join(", ")}`,
  ].join("\n");
}

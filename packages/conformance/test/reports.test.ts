import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { type Finding, parseBaseline, type Report } from "../src/index.ts";
import { badge } from "../src/reports/badge.ts";
import { htmlReport } from "../src/reports/html.ts";
import { junitReport } from "../src/reports/junit.ts";
import { reportSchema } from "../src/reports/schema.ts";
import { terminalReport } from "../src/reports/terminal.ts";
import { summarize } from "../src/run.ts";
import { hostile, report } from "./peers/report.ts";

const validate = new Ajv2020({ validateFormats: false }).compile(reportSchema);

test("a report matches its schema", () => {
  expect(validate(JSON.parse(JSON.stringify(report()))), JSON.stringify(validate.errors)).toBe(true);
});

test("the summary counts each finding once, and known failures apart", () => {
  expect(report().summary).toEqual({ pass: 1, fail: 1, warn: 1, not_applicable: 1, known_failures: 1 });
});

const verdicts: [string, Partial<Finding>[], string, boolean][] = [
  ["nothing but passes", [{ status: "pass" }], "", true],
  ["a failed MUST", [{ status: "fail" }], "", false],
  ["a failed SHOULD", [{ status: "warn" }], "", true],
  ["a failure that is known", [{ id: "ws.endpoint", status: "fail" }], "ws.endpoint: refuses every upgrade", true],
  ["a known failure that passes", [{ id: "ws.endpoint", status: "pass" }], "ws.endpoint: refuses every upgrade", false],
  [
    "a known failure that matches nothing",
    [{ id: "ws.binary", status: "pass" }],
    "ws.endpoint: refuses every upgrade",
    false,
  ],
  [
    "a known failure that is not applicable",
    [{ id: "ws.endpoint", status: "not-applicable" }],
    "ws.endpoint: refuses all",
    false,
  ],
];

test.each(verdicts)("%s decides whether the run passed", (_, findings, baseline, passed) => {
  expect(report(findings, parseBaseline(baseline)).passed).toBe(passed);
});

test("a session that was left behind fails the run", () => {
  const { findings } = report([{ status: "pass" }]);
  const run = { kind: "server", target: "x", profiles: [], seed: 1, findings, baseline: undefined } as const;
  expect(summarize({ ...run, sessions: { before: 1, after: 2 } }).passed).toBe(false);
  expect(summarize({ ...run, sessions: { before: 1, after: 1 } }).passed).toBe(true);
});

test("a run that judged nothing, or lacks a profile that was demanded, did not pass", () => {
  const passed = report([{ status: "pass" }]);
  const run = { kind: "server", target: "x", profiles: [], seed: 1, baseline: undefined } as const;
  expect(summarize({ ...run, findings: report([{ status: "not-applicable" }]).findings }).passed).toBe(false);
  expect(summarize({ ...run, findings: passed.findings, missing: ["production"] })).toMatchObject({
    passed: false,
    complaints: ["the profile production was demanded, and the server does not offer it"],
  });
});

test.each([
  ["[]", "must hold an object"],
  ["ws.endpoint:", "ws.endpoint must say"],
  ["ws.endpoint: 7", "ws.endpoint must say"],
  ["ws.endpoint: [", ""],
])("the list of known failures %j is refused", (text, message) => {
  expect(() => parseBaseline(text)).toThrow(message);
});

test("the terminal shows what is wrong, with what was exchanged, and the counts last", () => {
  const text = terminalReport(report(), { colour: false, verbose: false });
  expect(text).toContain("✗ ws.binary");
  expect(text).toContain("ws#1 > frame");
  expect(text).not.toContain("ws.endpoint");
  expect(text.trimEnd().split("\n").at(-1)).toBe(
    "does not conform: 1 passed, 1 failed, 1 warning, 1 known, 1 not applicable",
  );
});

test("nothing that a peer sent acts at the terminal", () => {
  const text = terminalReport(report([{ status: "fail", message: hostile }]), { colour: false, verbose: true });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
  expect(text.replaceAll("\n", "")).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
});

test("JUnit counts failures without the known ones, and survives what XML forbids", () => {
  const xml = junitReport(report([{ status: "fail", message: hostile }, { status: "not-applicable" }]));
  expect(xml).toContain('tests="2" failures="1" skipped="1"');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML forbids
  expect(xml).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/);
  expect(xml).not.toContain("<script>");
});

const badges: [Partial<Report>, string][] = [
  [{ passed: true }, "conforms · 1 (1 known)"],
  [{ passed: false }, "1 failure"],
];

test.each(badges)("the badge tells the verdict", (verdict, text) => {
  expect(badge({ ...report(), ...verdict })).toContain(`: ${text}"`);
});

test("the page holds nothing that a peer sent as markup, and no script", () => {
  const page = htmlReport(report([{ status: "fail", message: hostile }]));
  expect(page).not.toContain("<script");
  expect(page).toContain("&lt;script&gt;");
});

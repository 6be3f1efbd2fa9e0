// Writes the table of spec/compatibility.md that tells what was run against what, from the results that the tests of
// interoperability compare themselves with. With --check it writes nothing and fails where the table is stale, or where the page
// names a requirement that spec/requirements.json does not have.

import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import clientDrivesPython from "../packages/conformance/interop/results/client-drives-python.json" with {
  type: "json",
};
import pythonDrivesServer from "../packages/conformance/interop/results/python-drives-server.json" with {
  type: "json",
};

const { values } = parseArgs({ options: { check: { type: "boolean" } } });
const file = "spec/compatibility.md";
const begin = "<!-- generated: interop -->";
const end = "<!-- /generated -->";

const page = readFileSync(file, "utf8");
const [before, rest] = page.split(begin);
const after = rest?.split(end)[1];
if (before === undefined || after === undefined) throw new Error(`${file} has no ${begin} with an ${end}`);
const fresh = `${before}${begin}\n${tables()}\n${end}${after}`;

if (!values.check) writeFileSync(file, fresh);
else {
  const complaints = unknownIds();
  if (fresh !== page) complaints.push("the table of what was run is stale; run node scripts/interop-table.ts");
  for (const complaint of complaints) console.error(`${file}: ${complaint}`);
  process.exitCode = complaints.length > 0 ? 1 : 0;
}

function unknownIds(): string[] {
  const { requirements }: { requirements: { id: string }[] } = JSON.parse(
    readFileSync("spec/requirements.json", "utf8"),
  );
  const subjects = new Set(requirements.map(({ id }) => id.split(".")[0]));
  const known = new Set(requirements.map(({ id }) => id));
  return [...page.matchAll(/`([a-z]+)\.([a-z-]+)`/g)]
    .filter(([, subject = ""]) => subjects.has(subject))
    .map(([, subject, rule]) => `${subject}.${rule}`)
    .filter((id) => !known.has(id))
    .map((id) => `${id} is no requirement`);
}

function tables(): string {
  return [
    "### `@openenv/client` drives servers of Python\n",
    table(clientDrivesPython.rows),
    "\n### Clients of Python drive `@openenv/server`\n",
    table(pythonDrivesServer.rows),
  ].join("\n");
}

/** One line for each thing that was done, one column for each version of `openenv`. */
function table(rows: readonly { version: string; what: string; result: string }[]): string {
  const versions = [...new Set(rows.map(({ version }) => version))];
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const results = (what: string): string[] =>
    versions.map((version) => rows.find((row) => row.what === what && row.version === version)?.result ?? "not run");
  return [
    line(["What", ...versions.map((version) => `\`openenv\` ${version}`)]),
    `|---${"|---".repeat(versions.length)}|`,
    ...[...new Set(rows.map(({ what }) => what))].map((what) => line([what, ...results(what)])),
  ].join("\n");
}

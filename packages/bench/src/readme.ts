import { readFileSync, writeFileSync } from "node:fs";
import { conditions, figure, type Report } from "./report.ts";

const readme = new URL("../../../README.md", import.meta.url);
const begin = "<!-- bench:begin -->";
const end = "<!-- bench:end -->";

/** Replaces the table between the marks of the repository's README, so that no figure in it is typed by hand. */
export function writeReadme(report: Report): void {
  const text = readFileSync(readme, "utf8");
  const [head = "", rest = ""] = text.split(begin);
  const [, tail = ""] = rest.split(end);
  writeFileSync(readme, `${head}${begin}\n${markdownTable(report)}\n\n${conditions(report)}.\n${end}${tail}`);
}

function markdownTable({ rows }: Report): string {
  const lines = rows.map(({ subject, floor, ratio, serverCpu, targets }) => [
    subject,
    floor,
    figure(ratio.median),
    figure(ratio.best),
    serverCpu === null ? "" : figure(serverCpu.median),
    targets.map(({ of, is, limit }) => `${of} ${is} ${limit}`).join(", ") || "none",
  ]);
  const heading = ["subject", "floor", "ratio, median", "ratio, best", "server CPU", "target"];
  return [heading, heading.map(() => "---"), ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

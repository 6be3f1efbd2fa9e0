import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { errorCodes, jsonRpcCodes } from "../src/index.ts";
import { specPath } from "./examples.ts";

const document = readFileSync(specPath("errors.md"), "utf8");

/** The cells of the rows below a heading of level two, without the table's own head. */
function tableBelow(heading: string): string[][] {
  const section = document.split(/^## /m).find((each) => each.startsWith(`${heading}\n`)) ?? "";
  const rows = section.split("\n").filter((line) => line.startsWith("|"));
  return rows.slice(2).map((row) =>
    row
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim()),
  );
}

test("the table of error codes in spec/errors.md is the table in the source, in its order", () => {
  expect(tableBelow("Error codes")).toEqual(
    Object.entries(errorCodes).map(([code, { status, meaning }]) => [`\`${code}\``, String(status), meaning]),
  );
});

test("the table of JSON-RPC codes in spec/errors.md has the codes of the source, in its order", () => {
  expect(tableBelow("JSON-RPC codes").map(([code]) => Number(code))).toEqual(Object.values(jsonRpcCodes));
});

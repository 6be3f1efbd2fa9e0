import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  ClientMessage,
  compileValidator,
  Finding,
  Health,
  HttpError,
  JsonRpcRequest,
  JsonRpcResponse,
  Metadata,
  ObservationMessage,
  parseJson,
  ResetRequest,
  SchemaDocument,
  ServerMessage,
  State,
  StepMessage,
  StepRequest,
  WireOutcome,
} from "../src/index.ts";
import { specPath } from "./examples.ts";

/** The JSON blocks of a document below a heading, or all of them. */
function jsonBlocks(document: string, heading = ""): unknown[] {
  const sections = readFileSync(specPath(document), "utf8").split(/^(?=#+ )/m);
  return sections
    .filter((section) => heading === "" || section.startsWith(`${heading}\n`))
    .flatMap((section) => [...section.matchAll(/^```json\n([\s\S]*?)^```/gm)])
    .map(([, text = ""]) => parseJson(text));
}

test("every JSON block of websocket.md is a message that a client or a server may send", () => {
  const client = compileValidator(ClientMessage);
  const server = compileValidator(ServerMessage);
  const blocks = jsonBlocks("websocket.md");
  expect(blocks).not.toHaveLength(0);
  expect(blocks.filter((block) => !client.check(block) && !server.check(block))).toEqual([]);
});

describe("the JSON blocks match the types they show", () => {
  test.each([
    ["environment.md", "### Options and warnings", [ObservationMessage]],
    ["environment.md", "## Outcomes", [WireOutcome]],
    ["environment.md", "## State", [State]],
    ["http.md", "## Errors", [HttpError, HttpError]],
    ["http.md", "## POST /reset", [ResetRequest, WireOutcome]],
    ["http.md", "## POST /step", [StepRequest, WireOutcome]],
    ["http.md", "## GET /state", [State]],
    ["http.md", "## GET /health", [Health]],
    ["http.md", "## GET /metadata", [Metadata]],
    ["http.md", "## GET /schema", [SchemaDocument]],
    ["mcp.md", "### list_tools", [StepMessage, ObservationMessage]],
    ["mcp.md", "### call_tool", [StepMessage, ObservationMessage]],
    ["mcp.md", "## JSON-RPC", [JsonRpcRequest]],
    ["mcp.md", "### Responses", [JsonRpcResponse, JsonRpcResponse]],
    ["errors.md", "## Findings", [Finding]],
  ])("%s, %s", (document, heading, types) => {
    const blocks = jsonBlocks(document, heading);
    expect(blocks).toHaveLength(types.length);
    expect(types.map((type, index) => compileValidator(type).findings(blocks[index]))).toEqual(types.map(() => []));
  });
});

describe("requirement ids", () => {
  // README.md explains the key words, and requires nothing.
  const documents = readdirSync(specPath(".")).filter((file) => file.endsWith(".md") && file !== "README.md");
  const lines = documents.flatMap((document) => readFileSync(specPath(document), "utf8").split("\n"));
  const requirements = lines.flatMap((line) => [...line.matchAll(/^\*\*([a-z]+\.[a-z0-9-]+)\*\* (.+)$/g)]);
  const keyWord = /\b(?:MUST NOT|MUST|SHOULD NOT|SHOULD|MAY)\b/g;

  test("are unique", () => {
    const ids = requirements.map(([, id]) => id);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  });

  test("have a subject that README.md explains", () => {
    const explained = readFileSync(specPath("README.md"), "utf8").matchAll(/^\| `([a-z]+)` \|/gm);
    const subjects = new Set(requirements.map(([, id = ""]) => id.replace(/\..*/, "")));
    expect([...subjects].sort()).toEqual(Array.from(explained, ([, subject]) => subject).sort());
  });

  test("stand before one sentence with one key word", () => {
    expect(requirements).not.toHaveLength(0);
    expect(requirements.filter(([, , sentence = ""]) => sentence.match(keyWord)?.length !== 1)).toEqual([]);
    expect(requirements.filter(([, , sentence = ""]) => !sentence.endsWith(".") || /\. [A-Z]/.test(sentence))).toEqual(
      [],
    );
  });

  test("stand before every sentence that has a key word", () => {
    const ids = new Set(requirements.map(([line]) => line));
    expect(lines.filter((line) => line.search(keyWord) >= 0 && !ids.has(line))).toEqual([]);
  });
});

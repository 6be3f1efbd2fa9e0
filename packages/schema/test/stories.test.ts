import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readStories } from "../scripts/stories.ts";
import { Vector } from "../scripts/vector.ts";
import { compileValidator } from "../src/index.ts";
import { specPath } from "./examples.ts";

const document = readFileSync(specPath("stories.md"), "utf8");
const stories = readStories(document);

test("the stories are numbered from one on", () => {
  const numbers = Array.from(document.matchAll(/^## (\d+)\. /gm), ([, number]) => Number(number));
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  expect(stories).toHaveLength(numbers.length);
});

describe.each(stories)("$name", ({ vector }) => {
  test("has the shape of a vector", () => {
    expect(compileValidator<Vector>(Vector).findings(vector)).toEqual([]);
  });

  test("shows requirements that the prose has", () => {
    const prose = readdirSync(specPath("."))
      .filter((file) => file.endsWith(".md") && file !== "stories.md")
      .map((file) => readFileSync(specPath(file), "utf8"))
      .join("\n");
    expect(vector.requirements).not.toHaveLength(0);
    expect(vector.requirements.filter((id) => !prose.includes(`\n**${id}** `))).toEqual([]);
  });
});

const inStory = (...lines: string[]): string =>
  `## 1. A title\n\nShows \`ws.text\`.\n\n\`\`\`story\n${lines.join("\n")}\n\`\`\`\n`;

describe("a line of a story", () => {
  test.each([
    ["C> connect /ws", { event: "connect", socket: 1, path: "/ws", headers: {} }],
    ["C2> connect /ws?session_id=$id [Authorization: Bearer x]", { socket: 2, headers: { authorization: "Bearer x" } }],
    ['C> {"type":"state"}', { event: "send", socket: 1, json: { type: "state" } }],
    ["C> text {", { event: "send", text: "{" }],
    ["C> binary 7b7d", { event: "send", binary: "7b7d" }],
    ['S> {"type":"state"}', { event: "receive", socket: 1, json: { type: "state" } }],
    ["S3> close 1012", { event: "closed", socket: 3, code: 1012 }],
    ["C> leave", { event: "leave", socket: 1 }],
    ["C> GET /state", { event: "request", method: "GET", path: "/state", headers: {}, body: null }],
    ["C> POST /reset [OpenEnv-Session: new] [1]", { headers: { "openenv-session": "new" }, body: "[1]" }],
    ['S> 200 [Allow: GET] {"a":1}', { event: "answer", status: 200, headers: { allow: "GET" }, json: { a: 1 } }],
    ["O> shutdown", { event: "shutdown" }],
  ])("%s is read", (line, event) => {
    expect(readStories(inStory(line))).toMatchObject([{ name: "01-a-title.json", vector: { events: [event] } }]);
  });

  test.each(["C> connect", "S> nonsense", "X> {}", "C> {", "S> 200", "C> Get /state", "O> start {}", "plain text"])(
    "%s is refused by name",
    (line) => {
      expect(() => readStories(inStory("C> leave", line))).toThrow(line);
    },
  );

  test("O> start is read where it comes first", () => {
    expect(readStories(inStory('O> start {"max_sessions":1}', "C> leave"))).toMatchObject([
      { vector: { server: { max_sessions: 1 }, events: [{ event: "leave" }], requirements: ["ws.text"] } },
    ]);
  });
});

import { isJsonObject, type JsonObject, parseJson } from "../src/index.ts";
import type { Vector, VectorEvent } from "./vector.ts";

/** A story of spec/stories.md, as the file that holds its vector. */
export interface StoryFile {
  name: string;
  vector: Vector;
}

/**
 * Reads every story of the document. The lines of a story are explained in spec/README.md.
 *
 * @throws {SyntaxError} naming the line that is none.
 */
export function readStories(document: string): StoryFile[] {
  return document.split(/^(?=## )/m).flatMap((section) => {
    const [, number = "", title = ""] = /^## (\d+)\. (.+)$/m.exec(section) ?? [];
    if (number === "") return [];
    const [, block = ""] = /^```story\n([\s\S]*?)^```/m.exec(section) ?? [];
    const [, shown = ""] = /^Shows ([\s\S]*?)\n\n/m.exec(section) ?? [];
    const start = /^O> start (.+)\n/.exec(block);
    const server = start === null ? {} : json(start[1] ?? "", start[0]);
    const events = block
      .slice(start?.[0].length ?? 0)
      .split("\n")
      .filter((line) => line !== "")
      .map(readLine);
    const requirements = Array.from(shown.matchAll(/`([a-z]+\.[a-z0-9-]+)`/g), ([, id = ""]) => id);
    const slug = title
      .toLowerCase()
      .replaceAll("'", "")
      .replaceAll(/[^a-z0-9]+/g, "-");
    const name = `${number.padStart(2, "0")}-${slug.replace(/-$/, "")}.json`;
    return [{ name, vector: { title, requirements, server, events } }];
  });
}

function readLine(line: string): VectorEvent {
  const [, side = "", digits = "", rest = ""] = /^([CSO])(\d?)> (.+)$/.exec(line) ?? [];
  const socket = Number(digits || "1");
  if (line === "O> shutdown") return { event: "shutdown" };
  if (side === "C") return clientLine(rest, socket, line);
  if (side === "S") return serverLine(rest, socket, line);
  throw notALine(line);
}

function clientLine(rest: string, socket: number, line: string): VectorEvent {
  if (rest === "leave") return { event: "leave", socket };
  if (rest.startsWith("text ")) return { event: "send", socket, text: rest.slice(5) };
  if (rest.startsWith("binary ")) return { event: "send", socket, binary: rest.slice(7) };
  if (rest.startsWith("{")) return { event: "send", socket, json: json(rest, line) };
  const [, verb = "", path = "", brackets = "", body = ""] =
    /^([A-Za-z]+) (\S+)((?: \[[\w-]+: [^\]]+\])*)(?: (.+))?$/.exec(rest) ?? [];
  const headers = readHeaders(brackets);
  if (verb === "connect" && body === "") return { event: "connect", socket, path, headers };
  if (verb !== verb.toUpperCase() || verb === "") throw notALine(line);
  return { event: "request", method: verb, path, headers, body: body === "" ? null : body };
}

function serverLine(rest: string, socket: number, line: string): VectorEvent {
  const [, code = ""] = /^close (\d+)$/.exec(rest) ?? [];
  if (code !== "") return { event: "closed", socket, code: Number(code) };
  const [, status = "", brackets = "", body = ""] = /^(\d{3})((?: \[[\w-]+: [^\]]+\])*) (.+)$/.exec(rest) ?? [];
  if (status === "") return { event: "receive", socket, json: json(rest, line) };
  return { event: "answer", status: Number(status), headers: readHeaders(brackets), json: json(body, line) };
}

function readHeaders(brackets: string): Record<string, string> {
  return Object.fromEntries(
    Array.from(brackets.matchAll(/\[([\w-]+): ([^\]]+)\]/g), ([, name = "", value = ""]) => [
      name.toLowerCase(),
      value,
    ]),
  );
}

function json(text: string, line: string): JsonObject {
  try {
    const value = parseJson(text);
    if (isJsonObject(value)) return value;
  } catch {
    // told below, with the line
  }
  throw notALine(line);
}

function notALine(line: string): SyntaxError {
  return new SyntaxError(`spec/stories.md: this is no line of a story: ${line}`);
}

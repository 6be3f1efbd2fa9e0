import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** A fenced block of TypeScript in a document. */
export interface Snippet {
  document: string;
  line: number;
  code: string;
}

/** Every Markdown document of the repository. */
export function listDocuments(): string[] {
  return globSync("{*.md,spec/**/*.md,rfcs/**/*.md,packages/*/*.md,envs/*/*.md}").sort();
}

/** The blocks fenced as `ts`. */
export function readSnippets(document: string): Snippet[] {
  const text = readFileSync(document, "utf8");
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map((match) => ({
    document,
    line: text.slice(0, match.index).split("\n").length + 1,
    code: match[1] ?? "",
  }));
}

/** Links that lead nowhere: to a file that is not there, or to a heading that its document has not. */
export function brokenLinks(document: string): string[] {
  const text = readFileSync(document, "utf8").replace(/```[\s\S]*?```/g, "");
  const broken: string[] = [];
  for (const [, target = ""] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:/.test(target)) continue;
    const [path = "", anchor] = target.split("#", 2);
    const file = path === "" ? document : join(dirname(document), path);
    if (!existsSync(file)) broken.push(`${document}: ${target} does not exist`);
    else if (anchor !== undefined && !anchorsOf(file).has(anchor))
      broken.push(`${document}: ${target} has no such heading`);
  }
  return broken;
}

/** The anchors of a document's headings, as GitHub makes them. */
function anchorsOf(file: string): Set<string> {
  const headings = readFileSync(file, "utf8").matchAll(/^#+\s+(.+)$/gm);
  return new Set(
    Array.from(headings, ([, title = ""]) =>
      title
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, "")
        .trim()
        .replaceAll(" ", "-"),
    ),
  );
}

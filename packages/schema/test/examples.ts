import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import Type, { type Static } from "typebox";
import { compileValidator, parseJson } from "../src/index.ts";

/** A path below spec/. */
export function specPath(path: string): string {
  return fileURLToPath(new URL(`../../../spec/${path}`, import.meta.url));
}

const ExampleFile = Type.Object(
  { description: Type.String({ minLength: 1 }), data: Type.Unknown(), valid: Type.Boolean() },
  { additionalProperties: false },
);
const exampleFile = compileValidator<Static<typeof ExampleFile>>(ExampleFile);

/** One file of spec/examples/. */
export interface Example extends Static<typeof ExampleFile> {
  type: string;
  name: string;
}

/** Every file of spec/examples/. @throws {Error} naming a file that is no example. */
export function readExamples(): Example[] {
  return readdirSync(specPath("examples")).flatMap((type) =>
    readdirSync(specPath(`examples/${type}`)).map((file) => {
      const path = `examples/${type}/${file}`;
      const value = parseJson(readFileSync(specPath(path), "utf8"));
      if (!exampleFile.check(value)) throw new Error(`${path}: ${JSON.stringify(exampleFile.findings(value))}`);
      return { ...value, type, name: file.replace(/\.json$/, "") };
    }),
  );
}

import { existsSync, readFileSync } from "node:fs";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { isObject, parseJson } from "./json.ts";

// A published package carries a copy beside dist/; in the repository the folder itself is the authority.
const packaged = new URL("../spec/", import.meta.url);
const folder = existsSync(packaged) ? packaged : new URL("../../../spec/", import.meta.url);

const compiled = new Map<string, ValidateFunction>();

/** What is wrong with a value by `spec/schema/<type>.json`, as one sentence; undefined where it matches. */
export function mismatch(type: string, value: unknown): string | undefined {
  let validate = compiled.get(type);
  if (validate === undefined) {
    const schema = parseJson(readFileSync(new URL(`schema/${type}.json`, folder), "utf8"));
    if (!isObject(schema)) throw new Error(`spec/schema/${type}.json holds no schema`);
    validate = new Ajv2020({ strict: false, validateFormats: false }).compile(schema);
    compiled.set(type, validate);
  }
  if (validate(value)) return undefined;
  const [first] = validate.errors ?? [];
  return `${first?.instancePath || "the value"} ${first?.message} (${type})`;
}

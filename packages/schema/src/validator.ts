import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { type Finding, ProtocolError } from "./error.ts";
import type { JsonObject } from "./json.ts";

/** A schema made ready to check values: the check costs well under a microsecond, the findings are made only on failure. */
export interface Validator<T> {
  check(value: unknown): value is T;
  /** What is wrong with a value that failed, at most 20 findings; `at` is prefixed to each `loc`. */
  findings(value: unknown, at?: readonly string[]): Finding[];
}

/** What this module reads of a TypeBox error; other validators' fields are ignored. */
interface SchemaViolation {
  keyword: string;
  instancePath: string;
  message: string;
  params: object;
}

const maxFindings = 20;

/** Compiles a schema, also one that came as plain JSON Schema 2020-12. The type parameter is the caller's promise. */
export function compileValidator<T>(schema: TSchema | JsonObject): Validator<T> {
  const compiled = Compile(schema as TSchema);
  return {
    check: (value): value is T => compiled.Check(value),
    findings(value, at = []) {
      const findings = compiled.Errors(value).flatMap((violation) => toFindings(violation, at));
      const distinct = new Map(findings.map((finding) => [JSON.stringify(finding), finding]));
      return [...distinct.values()].slice(0, maxFindings);
    },
  };
}

/** A violation names keys that are missing or too many in `params`; a finding points at each of them. */
function toFindings(violation: SchemaViolation, at: readonly string[]): Finding[] {
  const loc = [...at, ...pointerSegments(violation.instancePath)].map(shorten);
  const unknown = (path: Finding["loc"]): Finding => ({
    type: "extra_forbidden",
    loc: path,
    msg: "is not a known key",
  });
  const named = (key: string): string[] => {
    const value: unknown = Reflect.get(violation.params, key);
    return Array.isArray(value) ? value.map((each) => shorten(String(each))) : [];
  };
  switch (violation.keyword) {
    case "required":
      return named("requiredProperties").map((key) => ({ type: "missing", loc: [...loc, key], msg: "is required" }));
    case "additionalProperties":
    case "unevaluatedProperties":
      return [...named("additionalProperties"), ...named("unevaluatedProperties")].map((key) => unknown([...loc, key]));
    case "boolean": // a `false` schema: how TypeBox tells of each key that is too many
      return [unknown(loc)];
    case "const":
      return [{ type: "const", loc, msg: `must be ${JSON.stringify(Reflect.get(violation.params, "allowedValue"))}` }];
    case "enum":
      return [{ type: "enum", loc, msg: `must be one of ${named("allowedValues").join(", ")}` }];
    default:
      return [{ type: violation.keyword, loc, msg: violation.message }];
  }
}

const longestKey = 100;

/** Keys are told back to whoever sent them, but not at any length. */
function shorten<T extends string | number>(key: T): T | string {
  return typeof key === "string" ? key.slice(0, longestKey) : key;
}

/** The segments of a JSON pointer; array indices become numbers, as validators of other languages tell them. */
function pointerSegments(pointer: string): Array<string | number> {
  if (pointer === "") return [];
  return pointer
    .slice(1)
    .split("/")
    .map((segment) => (/^\d+$/.test(segment) ? Number(segment) : segment.replaceAll("~1", "/").replaceAll("~0", "~")));
}

/** A `VALIDATION_ERROR` whose message names the first field and what was expected of it. */
export function validationError(subject: string, findings: readonly Finding[]): ProtocolError {
  const first = findings[0];
  const where = first === undefined || first.loc.length === 0 ? "" : `${first.loc.join(".")} `;
  const text = first === undefined ? "does not match its schema" : `${where}${first.msg}`;
  return new ProtocolError("VALIDATION_ERROR", `Invalid ${subject}: ${text}`, { details: { errors: findings } });
}

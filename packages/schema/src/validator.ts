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
    findings: (value, at = []) =>
      compiled
        .Errors(value)
        .filter(({ keyword }) => keyword !== "boolean") // `false` schemas: told by the rule that holds them
        .slice(0, maxFindings)
        .flatMap((violation) => toFindings(violation, at)),
  };
}

/** A violation names keys that are missing or too many in `params`; a finding points at each of them. */
function toFindings(violation: SchemaViolation, at: readonly string[]): Finding[] {
  const loc = [...at, ...pointerSegments(violation.instancePath)];
  const named = (key: string): string[] => {
    const value: unknown = Reflect.get(violation.params, key);
    return Array.isArray(value) ? value.map(String) : [];
  };
  switch (violation.keyword) {
    case "required":
      return named("requiredProperties").map((key) => ({ type: "missing", loc: [...loc, key], msg: "is required" }));
    case "additionalProperties":
    case "unevaluatedProperties":
      return [...named("additionalProperties"), ...named("unevaluatedProperties")].map((key) => ({
        type: "extra_forbidden",
        loc: [...loc, key],
        msg: "is not a known key",
      }));
    case "const":
      return [{ type: "const", loc, msg: `must be ${JSON.stringify(Reflect.get(violation.params, "allowedValue"))}` }];
    case "enum":
      return [{ type: "enum", loc, msg: `must be one of ${named("allowedValues").join(", ")}` }];
    default:
      return [{ type: violation.keyword, loc, msg: violation.message }];
  }
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

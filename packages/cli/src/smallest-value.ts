import { isJsonObject, type JsonObject } from "@openenv/schema";

/**
 * The smallest value a JSON Schema allows, for the keywords that action schemas use: defaults are taken, optional keys are
 * left out, strings are empty or padded to their least length, numbers are at their minimum or zero, and of alternatives it
 * is the first. Patterns and formats are not solved.
 */
export function smallestValue(schema: unknown, root: unknown = schema, path: readonly string[] = []): unknown {
  if (!isJsonObject(schema)) return {};
  if ("default" in schema) return schema.default;
  if ("const" in schema) return schema.const;
  if (Array.isArray(schema.enum)) return schema.enum[0];
  if (typeof schema.$ref === "string") {
    if (path.includes(schema.$ref)) return {}; // a schema that needs itself has no smallest value
    return smallestValue(resolvePointer(schema.$ref, root), root, [...path, schema.$ref]);
  }
  const parts = partsOf(schema, path).map((part) => smallestValue(part, root, path));
  if (parts.length === 0) return smallestOfType(schema, root, path);
  if (!parts.every(isJsonObject)) return parts[0];
  return Object.assign(smallestObject(schema, root, path), ...parts);
}

/** Everything in `allOf`, and of alternatives the first that does not lead back to where it is asked. */
function partsOf({ allOf, anyOf, oneOf }: JsonObject, path: readonly string[]): unknown[] {
  const all: unknown[] = Array.isArray(allOf) ? allOf : [];
  const chosen = [anyOf, oneOf].filter(Array.isArray).map((alternatives: unknown[]) => {
    const open = (each: unknown): boolean => !isJsonObject(each) || !path.includes(String(each.$ref));
    return alternatives.find(open) ?? alternatives[0];
  });
  return [...all, ...chosen];
}

function smallestOfType(schema: JsonObject, root: unknown, path: readonly string[]): unknown {
  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
    case "string":
      return " ".repeat(numberOr(schema.minLength, 0));
    case "integer":
      return smallestNumber(schema, numberOr(schema.multipleOf, 1));
    case "number":
      return smallestNumber(schema, numberOr(schema.multipleOf, 0));
    case "boolean":
      return false;
    case "null":
      return null;
    case "array": {
      const first: unknown[] = Array.isArray(schema.prefixItems) ? schema.prefixItems : [];
      return Array.from({ length: numberOr(schema.minItems, 0) }, (_, index) =>
        smallestValue(first[index] ?? schema.items, root, path),
      );
    }
    default:
      return smallestObject(schema, root, path);
  }
}

function smallestObject(schema: JsonObject, root: unknown, path: readonly string[]): JsonObject {
  const required = Array.isArray(schema.required) ? schema.required.map(String) : [];
  const properties = isJsonObject(schema.properties) ? schema.properties : {};
  return Object.fromEntries(required.map((key) => [key, smallestValue(properties[key], root, path)]));
}

/** The least number where there is one, else zero or what is nearest to it; a multiple of `unit` unless that is 0. */
function smallestNumber(schema: JsonObject, unit: number): number {
  const { minimum, exclusiveMinimum: above, exclusiveMaximum: below } = schema;
  const most = numberOr(below, numberOr(schema.maximum, Number.POSITIVE_INFINITY));
  if (typeof above === "number" && !(numberOr(minimum, above) > above)) {
    if (unit > 0) return (Math.floor(above / unit) + 1) * unit;
    return above + 1 < most ? above + 1 : (above + most) / 2;
  }
  if (typeof minimum === "number") return unit > 0 ? Math.ceil(minimum / unit) * unit : minimum;
  if (most > 0 || (most === 0 && typeof below !== "number")) return 0;
  if (unit === 0) return typeof below === "number" ? most - 1 : most;
  return typeof below === "number" ? (Math.ceil(most / unit) - 1) * unit : Math.floor(most / unit) * unit;
}

function numberOr(value: unknown, otherwise: number): number {
  return typeof value === "number" ? value : otherwise;
}

/** What a reference within the document points at. */
function resolvePointer(reference: string, root: unknown): unknown {
  let found = root;
  for (const segment of reference.replace(/^#\/?/, "").split("/")) {
    const key = decodeURIComponent(segment).replaceAll("~1", "/").replaceAll("~0", "~");
    if (segment !== "") found = typeof found === "object" && found !== null ? Reflect.get(found, key) : undefined;
  }
  return found;
}

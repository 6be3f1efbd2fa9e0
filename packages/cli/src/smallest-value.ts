import { isJsonObject } from "@openenv/schema";

/**
 * The smallest value a JSON Schema allows, for the keywords that action schemas use: optional keys are left out, strings are
 * empty or padded to their least length, numbers are at their minimum or zero. Patterns and formats are not solved.
 */
export function smallestValue(schema: unknown, root: unknown = schema): unknown {
  if (!isJsonObject(schema)) return {};
  if ("default" in schema) return schema.default;
  if ("const" in schema) return schema.const;
  if (Array.isArray(schema.enum)) return schema.enum[0];
  if (typeof schema.$ref === "string") return smallestValue(resolvePointer(schema.$ref, root), root);
  for (const keyword of ["anyOf", "oneOf", "allOf"] as const) {
    const alternatives = schema[keyword];
    if (Array.isArray(alternatives)) return smallestValue(alternatives[0], root);
  }
  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
    case "string":
      return " ".repeat(numberOr(schema.minLength, 0));
    case "integer":
    case "number":
      return smallestNumber(schema);
    case "boolean":
      return false;
    case "null":
      return null;
    case "array":
      return Array.from({ length: numberOr(schema.minItems, 0) }, () => smallestValue(schema.items, root));
    default: {
      const required = Array.isArray(schema.required) ? schema.required.map(String) : [];
      const properties = isJsonObject(schema.properties) ? schema.properties : {};
      return Object.fromEntries(required.map((key) => [key, smallestValue(properties[key], root)]));
    }
  }
}

function smallestNumber(schema: { [key: string]: unknown }): number {
  const least = numberOr(schema.minimum, numberOr(schema.exclusiveMinimum, -1) + 1);
  const most = numberOr(schema.maximum, Number.POSITIVE_INFINITY);
  return typeof schema.minimum === "number" ? least : Math.min(Math.max(0, least), most);
}

function numberOr(value: unknown, otherwise: number): number {
  return typeof value === "number" ? value : otherwise;
}

function resolvePointer(reference: string, root: unknown): unknown {
  let found = root;
  for (const segment of reference.replace(/^#\/?/, "").split("/")) {
    if (segment !== "") found = isJsonObject(found) ? found[segment] : undefined;
  }
  return found;
}

import Type, { type Static } from "typebox";

/** A JSON object with any keys. `Type.Object({})`, not a record: its check is several times faster. */
export const JsonObject = Type.Object({});
export type JsonObject = { [key: string]: unknown };

/** Narrows a JSON value to an object: not null, not an array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export const NullableString = Type.Union([Type.String(), Type.Null()]);
export type NullableString = Static<typeof NullableString>;

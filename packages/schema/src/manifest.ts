import Type, { type Static } from "typebox";
import { JsonObject } from "./json.ts";

/** `openenv.yaml`, which describes an environment's package. Nothing of it crosses the wire. */
export const Manifest = Type.Object({
  name: Type.String({ pattern: "^[A-Za-z0-9][A-Za-z0-9._-]*$" }),
  version: Type.Optional(Type.String({ minLength: 1 })),
  description: Type.Optional(Type.String()),
  spec_version: Type.Optional(Type.Literal(1)),
  type: Type.Optional(Type.Literal("space")),
  runtime: Type.Optional(Type.String({ minLength: 1 })),
  app: Type.Optional(Type.String({ minLength: 1 })),
  port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535 })),
  action: Type.Optional(Type.String({ minLength: 1 })),
  observation: Type.Optional(Type.String({ minLength: 1 })),
  variables: Type.Optional(
    Type.Object(
      {},
      {
        propertyNames: { pattern: "^[A-Za-z_][A-Za-z0-9_]*$" },
        additionalProperties: Type.Union([Type.String(), Type.Number(), Type.Boolean()]),
      },
    ),
  ),
  validation: Type.Optional(JsonObject),
});
export type Manifest = Static<typeof Manifest>;

import Type, { type Static } from "typebox";
import { JsonObject, NullableString } from "./json.ts";

/** `GET /health`. The slot counts are ours; upstream sends `status` alone. */
export const Health = Type.Object({
  status: Type.Enum(["healthy", "degraded", "unhealthy"]),
  active_sessions: Type.Optional(Type.Integer({ minimum: 0 })),
  max_sessions: Type.Optional(Type.Integer({ minimum: 0 })),
});
export type Health = Static<typeof Health>;

/** `GET /metadata`. The six upstream keys are always present; the environment may add keys of its own. */
export const Metadata = Type.Object({
  name: Type.String(),
  description: Type.String(),
  readme_content: NullableString,
  version: NullableString,
  author: NullableString,
  documentation_url: NullableString,
  mode: Type.Optional(Type.Enum(["simulation", "production"])),
  protocol_revision: Type.Optional(Type.String()),
});
export type Metadata = Static<typeof Metadata> & JsonObject;

/** `GET /schema`. `reset_observation` only where it differs from `observation`. */
export const SchemaDocument = Type.Object({
  action: JsonObject,
  observation: JsonObject,
  state: JsonObject,
  reset_observation: Type.Optional(JsonObject),
});
export type SchemaDocument = {
  action: JsonObject;
  observation: JsonObject;
  state: JsonObject;
  reset_observation?: JsonObject;
};

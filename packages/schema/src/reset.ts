import Type, { type Static } from "typebox";
import type { JsonObject } from "./json.ts";
import { WireOutcome } from "./observation.ts";

/** Longest `episode_id`, in characters. */
export const maxEpisodeIdLength = 255;

const Seed = Type.Integer({ minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER });
const EpisodeId = Type.String({ maxLength: maxEpisodeIdLength });

/** Options of a reset as `/ws` takes them: any safe integer is a seed; other keys belong to the environment. */
export const ResetOptions = Type.Object({
  seed: Type.Optional(Type.Union([Seed, Type.Null()])),
  episode_id: Type.Optional(Type.Union([EpisodeId, Type.Null()])),
});
export type ResetOptions = Static<typeof ResetOptions> & JsonObject;

/** Starts an episode. Client to server. */
export const ResetMessage = Type.Object(
  { type: Type.Literal("reset"), data: Type.Optional(ResetOptions) },
  { additionalProperties: false },
);
export type ResetMessage = { type: "reset"; data?: ResetOptions };

/** Body of `POST /reset`: as upstream's, negative seeds are refused here. */
export const ResetRequest = Type.Object({
  seed: Type.Optional(Type.Union([Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }), Type.Null()])),
  episode_id: Type.Optional(Type.Union([EpisodeId, Type.Null()])),
});
export type ResetRequest = Static<typeof ResetRequest> & JsonObject;

/** Answer of `POST /reset`. */
export const ResetResponse = WireOutcome;
export type ResetResponse = WireOutcome;

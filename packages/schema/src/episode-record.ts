import Type, { type Static } from "typebox";
import { JsonObject, NullableString } from "./json.ts";
import { Reward } from "./observation.ts";

/** One step of an episode, in the order it was taken. Times are in seconds; `started_s` counts from the episode's start. */
export const EpisodeStep = Type.Object({
  action: JsonObject,
  observation: JsonObject,
  reward: Reward,
  done: Type.Boolean(),
  metadata: Type.Optional(JsonObject),
  started_s: Type.Number({ minimum: 0 }),
  duration_s: Type.Number({ minimum: 0 }),
});
export type EpisodeStep = Omit<Static<typeof EpisodeStep>, "action" | "observation" | "metadata"> & {
  action: JsonObject;
  observation: JsonObject;
  metadata?: JsonObject;
};

/**
 * One episode as it is stored: a line of `trajectories.jsonl`.
 *
 * `end` says why it stopped: the environment was `done`, the runner's step `limit` was met, the policy `stopped`
 * by itself, or an `error` (then `error` tells it). A missing reward stays null and is never counted as zero.
 */
export const EpisodeRecord = Type.Object(
  {
    version: Type.Literal(1),
    episode_id: NullableString,
    environment: Type.String(),
    agent: Type.Optional(Type.String()),
    task: Type.Union([Type.Object({ id: Type.String() }), Type.Null()]),
    seed: Type.Union([Type.Integer(), Type.Null()]),
    started_at: Type.String({ description: "RFC 3339, UTC" }),
    duration_s: Type.Number({ minimum: 0 }),
    reset: Type.Object({
      options: JsonObject,
      observation: JsonObject,
      reward: Reward,
      done: Type.Boolean(),
      metadata: Type.Optional(JsonObject),
      duration_s: Type.Number({ minimum: 0 }),
    }),
    steps: Type.Array(EpisodeStep),
    reward: Reward,
    end: Type.Enum(["done", "limit", "stopped", "error"]),
    error: Type.Optional(Type.Object({ code: Type.String(), message: Type.String() })),
  },
  { additionalProperties: false },
);
export type EpisodeRecord = Omit<Static<typeof EpisodeRecord>, "reset" | "steps"> & {
  reset: Omit<Static<typeof EpisodeRecord>["reset"], "options" | "observation" | "metadata"> & {
    options: JsonObject;
    observation: JsonObject;
    metadata?: JsonObject;
  };
  steps: EpisodeStep[];
};

import Type, { type Static } from "typebox";
import { Action } from "./action.ts";
import type { JsonObject } from "./json.ts";
import { WireOutcome } from "./observation.ts";

/** Applies one action. Client to server. `data` is the action itself. */
export const StepMessage = Type.Object({ type: Type.Literal("step"), data: Action }, { additionalProperties: false });
export type StepMessage = { type: "step"; data: JsonObject };

/** What came of a reset or a step. Server to client. */
export const ObservationMessage = Type.Object(
  { type: Type.Literal("observation"), data: WireOutcome },
  { additionalProperties: false },
);
export type ObservationMessage = { type: "observation"; data: WireOutcome };

/** Body of `POST /step`. `timeout_s` is in seconds. */
export const StepRequest = Type.Object({
  action: Action,
  timeout_s: Type.Optional(Type.Union([Type.Number({ exclusiveMinimum: 0 }), Type.Null()])),
  request_id: Type.Optional(Type.Union([Type.String({ maxLength: 255 }), Type.Null()])),
});
export type StepRequest = Omit<Static<typeof StepRequest>, "action"> & { action: JsonObject };

/** Answer of `POST /step`. */
export const StepResponse = WireOutcome;
export type StepResponse = WireOutcome;

import Type, { type Static } from "typebox";
import { type JsonObject, NullableString } from "./json.ts";

/** Where the episode stands. Environments add fields of their own. */
export const State = Type.Object({
  episode_id: NullableString,
  step_count: Type.Integer({ minimum: 0 }),
});
export type State = Static<typeof State> & JsonObject;

/** Asks for the state. Client to server. Carries no `data`. */
export const StateMessage = Type.Object({ type: Type.Literal("state") }, { additionalProperties: false });
export type StateMessage = Static<typeof StateMessage>;

/** The state. Server to client. */
export const StateReply = Type.Object({ type: Type.Literal("state"), data: State }, { additionalProperties: false });
export type StateReply = { type: "state"; data: State };

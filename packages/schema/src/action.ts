import Type, { type Static } from "typebox";
import { JsonObject } from "./json.ts";

/** Any action: each environment publishes a narrower schema at `/schema`. `metadata` is accepted beside the action. */
export const Action = Type.Object({ metadata: Type.Optional(JsonObject) });
export type Action = Static<typeof Action> & JsonObject;

/** Asks for the environment's tools. Never resets, never counts as a step. */
export const ListToolsAction = Type.Object(
  { type: Type.Literal("list_tools"), metadata: Type.Optional(JsonObject) },
  { additionalProperties: false },
);
export type ListToolsAction = Static<typeof ListToolsAction>;

/** Calls one tool; advances the episode by one step. */
export const CallToolAction = Type.Object(
  {
    type: Type.Literal("call_tool"),
    tool_name: Type.String(),
    arguments: Type.Optional(JsonObject),
    metadata: Type.Optional(JsonObject),
  },
  { additionalProperties: false },
);
export type CallToolAction = Omit<Static<typeof CallToolAction>, "arguments"> & { arguments?: JsonObject };

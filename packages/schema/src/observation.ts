import Type, { type Static } from "typebox";
import { JsonObject } from "./json.ts";

/** Any observation: each environment publishes a narrower schema at `/schema`. Reward and done travel beside it. */
export const Observation = JsonObject;
export type Observation = JsonObject;

/** A finite number, or null where no reward was given: null is not zero. */
export const Reward = Type.Union([Type.Number(), Type.Null()]);
export type Reward = Static<typeof Reward>;

/** What came of a reset or a step, as it stands on the wire. `metadata` is left out when empty. */
export const WireOutcome = Type.Object({
  observation: Observation,
  reward: Reward,
  done: Type.Boolean(),
  metadata: Type.Optional(JsonObject),
});
export type WireOutcome = { observation: JsonObject; reward: Reward; done: boolean; metadata?: JsonObject };

/** One tool as the `list_tools` action answers it: snake_case, unlike MCP's own `inputSchema`. */
export const ListedTool = Type.Object({
  name: Type.String(),
  description: Type.String(),
  input_schema: JsonObject,
});
export type ListedTool = Omit<Static<typeof ListedTool>, "input_schema"> & { input_schema: JsonObject };

/** The observation that answers `list_tools`. */
export const ListToolsObservation = Type.Object({ tools: Type.Array(ListedTool) });
export type ListToolsObservation = { tools: ListedTool[] };

/** Why a tool call failed. `transport_error` is never sent by these packages. */
export const ToolError = Type.Object({
  error_type: Type.Enum(["execution_error", "invalid_args", "transport_error", "tool_not_found", "timeout"]),
  message: Type.String(),
});
export type ToolError = Static<typeof ToolError>;

/** The observation that answers `call_tool`. A tool's failure is data in it, never an error message. */
export const CallToolObservation = Type.Object({
  tool_name: Type.String(),
  result: Type.Unknown(),
  error: Type.Optional(Type.Union([ToolError, Type.Null()])),
});
export type CallToolObservation = Static<typeof CallToolObservation>;

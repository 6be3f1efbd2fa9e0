import Type from "typebox";
import { CloseMessage } from "./close.ts";
import { ErrorMessage } from "./error.ts";
import { McpMessage, McpReply } from "./mcp.ts";
import { ResetMessage } from "./reset.ts";
import { StateMessage, StateReply } from "./state.ts";
import { ObservationMessage, StepMessage } from "./step.ts";

/** Everything a client may send on `/ws`. */
export const ClientMessage = Type.Union([ResetMessage, StepMessage, StateMessage, CloseMessage, McpMessage]);
export type ClientMessage = ResetMessage | StepMessage | StateMessage | CloseMessage | McpMessage;

/** Everything a server may send on `/ws`. */
export const ServerMessage = Type.Union([ObservationMessage, StateReply, McpReply, ErrorMessage]);
export type ServerMessage = ObservationMessage | StateReply | McpReply | ErrorMessage;

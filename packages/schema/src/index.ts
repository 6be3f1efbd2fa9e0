export { Action, CallToolAction, ListToolsAction } from "./action.ts";
export { CloseMessage } from "./close.ts";
export {
  decodeClientMessage,
  decodeEpisodeRecord,
  decodeHealth,
  decodeJsonRpcRequest,
  decodeMetadata,
  decodeResetRequest,
  decodeSchemaDocument,
  decodeServerMessage,
  decodeStepRequest,
  parseJson,
} from "./decode.ts";
export { encodeClientMessage, encodeOwn, encodeServerMessage } from "./encode.ts";
export { EpisodeRecord, EpisodeStep } from "./episode-record.ts";
export {
  type ErrorCode,
  ErrorMessage,
  errorCodeFromStatus,
  errorCodes,
  Finding,
  HttpError,
  isErrorCode,
  messageOf,
  ProtocolError,
  TransportError,
  type TransportReason,
  toErrorMessage,
  toProtocolError,
} from "./error.ts";
export { Health, Metadata, SchemaDocument } from "./information.ts";
export { isJsonObject, JsonObject, NullableString } from "./json.ts";
export type { EnvironmentContract, LocalServer, LocalSession } from "./local.ts";
export { Manifest } from "./manifest.ts";
export {
  JsonRpcError,
  type JsonRpcId,
  JsonRpcRequest,
  JsonRpcResponse,
  jsonRpcCodes,
  McpMessage,
  McpReply,
} from "./mcp.ts";
export { ClientMessage, ServerMessage } from "./message.ts";
export {
  CallToolObservation,
  ListedTool,
  ListToolsObservation,
  Observation,
  Reward,
  ToolError,
  WireOutcome,
} from "./observation.ts";
export { openApiDocument } from "./openapi.ts";
export { maxEpisodeIdLength, ResetMessage, ResetOptions, ResetRequest, ResetResponse } from "./reset.ts";
export { openApiVersion, protocolRevision } from "./revision.ts";
export { routes, sessionHeader, simulationRoutes } from "./routes.ts";
export { State, StateMessage, StateReply } from "./state.ts";
export { ObservationMessage, StepMessage, StepRequest, StepResponse } from "./step.ts";
export { compileValidator, type Validator, validationError } from "./validator.ts";

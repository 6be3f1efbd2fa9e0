import Type, { type Static } from "typebox";
import { JsonObject } from "./json.ts";

const Id = Type.Union([Type.String(), Type.Integer(), Type.Null()]);

/** A request in the plain JSON-RPC dialect. Unknown keys are refused, a missing id counts as null. */
export const JsonRpcRequest = Type.Object(
  {
    jsonrpc: Type.Literal("2.0"),
    id: Type.Optional(Id),
    method: Type.String(),
    params: Type.Optional(JsonObject),
  },
  { additionalProperties: false },
);
export type JsonRpcRequest = Omit<Static<typeof JsonRpcRequest>, "params"> & { params?: JsonObject };
export type JsonRpcId = Static<typeof Id>;

/** The codes of the plain dialect. */
export const jsonRpcCodes = {
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internalError: -32603,
  serverError: -32000,
} as const;

export const JsonRpcError = Type.Object({
  code: Type.Integer(),
  message: Type.String(),
  data: Type.Optional(Type.Unknown()),
});
export type JsonRpcError = Static<typeof JsonRpcError>;

/** A response: `result` or `error`, never both. */
export const JsonRpcResponse = Type.Union([
  Type.Object({ jsonrpc: Type.Literal("2.0"), id: Id, result: Type.Unknown() }, { additionalProperties: false }),
  Type.Object({ jsonrpc: Type.Literal("2.0"), id: Id, error: JsonRpcError }, { additionalProperties: false }),
]);
export type JsonRpcResponse = Static<typeof JsonRpcResponse>;

/** A JSON-RPC request inside `/ws`. `data` is checked as a request of its own, so that a bad one is answered in kind. */
export const McpMessage = Type.Object({ type: Type.Literal("mcp"), data: JsonObject }, { additionalProperties: false });
export type McpMessage = { type: "mcp"; data: JsonObject };

/** The JSON-RPC response to an `mcp` message. Server to client. */
export const McpReply = Type.Object(
  { type: Type.Literal("mcp"), data: JsonRpcResponse },
  { additionalProperties: false },
);
export type McpReply = { type: "mcp"; data: JsonRpcResponse };

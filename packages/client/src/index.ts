export { ProtocolError, TransportError } from "@openenv/schema";
export {
  type Client,
  type ConnectOptions,
  connect,
  type Outcome,
  type ResetOptions,
  type ToolOutcome,
} from "./client.ts";
export type { RequestOptions } from "./connection.ts";
export { type Inspector, inspect } from "./inspect.ts";
export type { ClientOptions } from "./options.ts";

import type { TSchema } from "typebox";
import type { Health, Metadata, SchemaDocument } from "./information.ts";
import type { ClientMessage, ServerMessage } from "./message.ts";

/** A session in the same process: messages in, messages out, no frames between. */
export interface LocalSession {
  /** Answers one message, in turn. Resolves `undefined` for `close`. Never rejects: errors are messages. */
  exchange(message: ClientMessage): ServerMessage | undefined | Promise<ServerMessage | undefined>;
  close(): Promise<void>;
}

/** A server in the same process, as a client sees it. What it returns is shared, not copied: treat it as read-only. */
export interface LocalServer {
  /** @throws {ProtocolError} `CAPACITY_REACHED` or `FACTORY_ERROR`. */
  openSession(): Promise<LocalSession>;
  health(): Health;
  metadata(): Metadata;
  schema(): SchemaDocument;
}

/** The part of an environment that a typed client needs; an environment's definition has it. */
export interface EnvironmentContract<A extends TSchema = TSchema, O extends TSchema = TSchema> {
  readonly action?: A;
  readonly observation?: O;
  readonly resetObservation?: TSchema;
}

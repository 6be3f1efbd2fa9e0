import type { TransportError } from "@openenv/schema";
import type { ResolvedOptions } from "./options.ts";
import type { Target } from "./target.ts";

/** An open socket that carries text frames. */
export interface Transport {
  send(frame: string): void;
  /** Closes with a handshake; resolves when the socket is closed. */
  close(): Promise<void>;
  /** Hangs up. */
  terminate(): void;
}

/** What a transport tells of its socket. After `onClose` nothing else comes. */
export interface TransportEvents {
  onFrame(frame: string): void;
  onClose(error: TransportError): void;
}

/** Opens a socket, without any time limit of its own; aborting the signal hangs up. @throws {TransportError} `connect`. */
export type OpenTransport = (
  target: Target,
  options: ResolvedOptions,
  events: TransportEvents,
  signal: AbortSignal,
) => Promise<Transport>;

import type { TransportError } from "@openenv/schema";
import type { ResolvedOptions } from "./options.ts";
import type { Target } from "./target.ts";

/** An open socket that carries frames. */
export interface Transport {
  /** Sends a text frame; does nothing once the socket is closed. */
  send(frame: string): void;
  /** Closes with a handshake, or without if the server does not take part; resolves when the socket is closed. */
  close(): Promise<void>;
}

/** What a transport tells of its socket. After `onClose` nothing else comes. */
export interface TransportEvents {
  /** The text of a frame; of a binary one too, for servers that send their JSON so. */
  onFrame(frame: string): void;
  /** Nothing more can be read from the socket, but it is not closed yet. */
  onFailure(error: TransportError): void;
  onClose(error: TransportError): void;
  /** Whether so many messages wait for their replies that the server may have stopped reading, pings included. */
  flooding(): boolean;
}

/** Longest wait for the server's half of a closing handshake, in milliseconds. */
export const handshakeMs = 2_000;

/** Opens a socket. Aborting the signal hangs up, also once it is open. @throws {TransportError} `connect`. */
export type OpenTransport = (
  target: Target,
  options: ResolvedOptions,
  events: TransportEvents,
  signal: AbortSignal,
) => Promise<Transport>;

import type { ClientMessage, ServerMessage, TransportError } from "@openenv/schema";

/** Carries messages to one session and the replies back, in order. */
export interface Carrier {
  /**
   * Sends a message. Returns its reply if that is there at once; otherwise `onReply` tells it, in order.
   *
   * @throws {TypeError} if the message holds what the carrier cannot carry; then nothing was sent.
   */
  send(message: ClientMessage): ServerMessage | undefined;
  /** Ends the session; resolves when that is done. Never rejects. */
  close(): Promise<void>;
}

/** What a carrier tells. After `onClose` nothing else comes. */
export interface CarrierEvents {
  onReply(reply: ServerMessage): void;
  /** Something came that is no reply; the carrier is not closed yet. */
  onFailure(error: Error): void;
  onClose(error: TransportError): void;
}

/** Opens a carrier, without any time limit of its own. Aborting the signal hangs up, also once it is open. */
export type OpenCarrier = (events: CarrierEvents, signal: AbortSignal) => Promise<Carrier>;

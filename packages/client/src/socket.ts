import {
  decodeServerMessage,
  encodeClientMessage,
  messageOf,
  type ServerMessage,
  TransportError,
} from "@openenv/schema";
import { openTransport } from "#transport";
import type { OpenCarrier } from "./carrier.ts";
import type { ResolvedOptions } from "./options.ts";
import type { Target } from "./target.ts";

/** Messages without their replies at which a server may stop reading: `ws.flow-pause`. */
const flood = 32;

/** Carries each message as one frame of a WebSocket. @throws {TransportError} `connect`. */
export function socketCarrier(target: Target, options: ResolvedOptions): OpenCarrier {
  return async ({ onReply, onFailure, onClose }, signal) => {
    let unanswered = 0;

    function onFrame(frame: string): void {
      unanswered--;
      let reply: ServerMessage;
      try {
        reply = decodeServerMessage(frame);
      } catch (reason) {
        onFailure(reason instanceof Error ? reason : new TransportError("invalid-reply", messageOf(reason)));
        return;
      }
      onReply(reply);
    }

    const transport = await openTransport(
      target,
      options,
      { onFrame, onFailure, onClose, flooding: () => unanswered >= flood },
      signal,
    );
    return {
      send(message) {
        transport.send(encodeClientMessage(message));
        unanswered++;
        return undefined;
      },
      close() {
        transport.send(encodeClientMessage({ type: "close" }));
        return transport.close();
      },
    };
  };
}

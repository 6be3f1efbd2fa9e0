import type { LocalServer, LocalSession } from "@openenv/schema";
import type { Carrier, CarrierEvents, OpenCarrier } from "./carrier.ts";

/** Carries messages to a session in this process, as they are: no sockets, no frames. @throws {ProtocolError} */
export function localCarrier(server: LocalServer): OpenCarrier {
  return (events, signal) =>
    new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      server.openSession().then((session) => resolve(carry(session, events, signal)), reject);
    });
}

function carry(session: LocalSession, { onReply }: CarrierEvents, signal: AbortSignal): Carrier {
  const hangUp = (): void => void session.close();
  if (signal.aborted) hangUp();
  signal.addEventListener("abort", hangUp, { once: true });

  return {
    send(message) {
      const reply = session.exchange(message);
      if (!(reply instanceof Promise)) return reply;
      void reply.then((late) => {
        if (late !== undefined) onReply(late); // only `close` has no reply, and it is not sent here
      });
      return undefined;
    },
    close: () => session.close(),
  };
}

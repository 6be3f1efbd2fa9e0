import { closePayload, opcode } from "../../src/wire/frames.ts";
import type { Breakage } from "../peers/broken.ts";
import type { Proofs } from "../peers/catches.ts";
import { openBrokenFrames } from "../peers/frames.ts";

const close = '{"type":"close"}';

/** Carries out three messages that follow `close` before it closes; their replies are not seen. */
function closesLate(): Pick<Breakage, "toServer" | "toClient"> {
  let later: number | undefined;
  return {
    toServer(text) {
      if (text === close) {
        later = 0;
        return [];
      }
      if (later === undefined) return text;
      later += 1;
      return later === 3 ? [text, close] : text;
    },
    toClient: (text) => (later === undefined ? text : []),
  };
}

export const closingProofs: Proofs = {
  "ws.close-silent": { broken: { toServer: (text) => (text === close ? ['{"type":"state"}', text] : text) } },
  "ws.close-code": { broken: { closeCode: (code) => (code === 1000 ? 1001 : code) } },
  "ws.close-order": {
    broken: (right) =>
      openBrokenFrames(right, {
        open: ({ toClient, toServer }) => ({
          onClientFrame: (frame) =>
            frame.payload.equals(Buffer.from(close))
              ? toClient({ opcode: opcode.close, payload: closePayload(1000) })
              : toServer(frame),
        }),
      }),
  },
  "ws.close-final": { broken: { connection: closesLate } },
  "ws.close-data": { broken: { toServer: (text) => (text.startsWith('{"type":"close"') ? close : text) } },
  "ws.close-handshake": {
    broken: (right) =>
      openBrokenFrames(right, {
        open: ({ toClient, cut }) => ({
          onServerFrame: (frame) => (frame.opcode === opcode.close ? cut() : toClient(frame)),
        }),
      }),
  },
};

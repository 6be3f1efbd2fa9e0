import type { Breakage } from "../peers/broken.ts";
import type { Proofs } from "../peers/catches.ts";
import { openBrokenFrames } from "../peers/frames.ts";

/** Sends the observation of the reset, and none after it. */
function silenced(): Pick<Breakage, "toClient"> {
  let observations = 0;
  return {
    toClient: (text) => (text.startsWith('{"type":"observation"') && ++observations > 1 ? [] : text),
  };
}

export const shutdownProofs: Proofs = {
  "ws.shutdown-close": { broken: { closeCode: (code) => (code === 1012 ? 1001 : code) } },
  "ws.shutdown-answers": { broken: { connection: silenced } },
  "ws.refuse-shutdown": {
    broken: (right) =>
      openBrokenFrames(right, {
        open: ({ toClient }) => ({
          onServerFrame: (frame) =>
            toClient({
              ...frame,
              payload: Buffer.from(
                frame.payload.toString("latin1").replace("CAPACITY_REACHED", "SESSION_ERROR"),
                "latin1",
              ),
            }),
        }),
      }),
  },
};

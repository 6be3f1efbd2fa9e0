import { closePayload, opcode } from "../../src/wire/frames.ts";
import type { Proofs } from "../peers/catches.ts";
import { openBrokenFrames } from "../peers/frames.ts";

export const frameProofs: Proofs = {
  "ws.utf8": {
    broken: (right) =>
      openBrokenFrames(right, {
        open: ({ toClient }) => ({
          onServerFrame: (frame) =>
            toClient(
              frame.opcode === opcode.text
                ? { ...frame, payload: Buffer.from(frame.payload.toString("utf8"), "latin1") }
                : frame,
            ),
        }),
      }),
  },
  "ws.fragments": {
    // Takes each frame for a message.
    broken: (right) =>
      openBrokenFrames(right, {
        open: ({ toServer }) => ({
          onClientFrame: (frame) =>
            toServer(
              frame.opcode < opcode.close ? { ...frame, fin: true, opcode: frame.opcode || opcode.text } : frame,
            ),
        }),
      }),
  },
  // Takes unmasked frames: whatever passes is masked anew.
  "ws.broken-frames": { broken: (right) => openBrokenFrames(right, { open: () => ({}) }) },
};

export const limitProofs: Proofs = {
  "ws.size-accept": {
    broken: (right) =>
      openBrokenFrames(right, {
        open: ({ toClient, toServer }) => ({
          onClientFrame: (frame) =>
            frame.payload.length > 2 ** 20
              ? toClient({ opcode: opcode.close, payload: closePayload(1009) })
              : toServer(frame),
        }),
      }),
  },
  "ws.size-close": {
    broken: (right) =>
      openBrokenFrames(right, {
        open: ({ toClient }) => ({
          onServerFrame: (frame) =>
            toClient(frame.opcode === opcode.close ? { ...frame, payload: closePayload(1011) } : frame),
        }),
      }),
  },
  "ws.utf8-close": {
    // Puts the replacement character where a text is not UTF-8.
    broken: (right) =>
      openBrokenFrames(right, {
        open: ({ toServer }) => ({
          onClientFrame: (frame) =>
            toServer(
              frame.opcode <= opcode.text ? { ...frame, payload: Buffer.from(frame.payload.toString("utf8")) } : frame,
            ),
        }),
      }),
  },
};

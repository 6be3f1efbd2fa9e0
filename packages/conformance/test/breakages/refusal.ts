import { closePayload, opcode } from "../../src/wire/frames.ts";
import type { Proofs } from "../peers/catches.ts";
import { type FrameBreakage, openBrokenFrames } from "../peers/frames.ts";

const goodbye = { opcode: opcode.close, payload: closePayload(1008) };

/** Closes as soon as it has told the reason. */
const hasty: FrameBreakage = {
  open: ({ toClient }) => ({
    onServerFrame(frame) {
      toClient(frame);
      if (frame.payload.includes("SESSION_ERROR")) toClient(goodbye);
    },
  }),
};

/** Tells the reason again for each message, instead of closing. */
const stubborn: FrameBreakage = {
  open({ toClient, toServer }) {
    let refusal: Buffer | undefined;
    return {
      onServerFrame(frame) {
        if (frame.payload.includes("SESSION_ERROR") && frame.opcode === opcode.text) refusal = frame.payload;
        toClient(frame);
      },
      onClientFrame: (frame) =>
        refusal === undefined ? toServer(frame) : toClient({ opcode: opcode.text, payload: refusal }),
    };
  },
};

export const refusalProofs: Proofs = {
  "ws.refuse-accept": { broken: { upgrade: (path) => (path.includes("session_id=") ? null : {}) } },
  "ws.refuse-error": { broken: { toClient: (text) => (text.includes("SESSION_ERROR") ? [text, text] : text) } },
  "ws.refuse-wait": { broken: (right) => openBrokenFrames(right, hasty) },
  "ws.refuse-close": { broken: (right) => openBrokenFrames(right, stubborn) },
  "ws.refuse-capacity": { peer: "small", broken: { closeCode: (code) => (code === 1013 ? 1000 : code) } },
  "ws.refuse-factory": { peer: "broken", broken: { closeCode: (code) => (code === 1011 ? 1000 : code) } },
  "ws.refuse-session": { broken: { closeCode: (code) => (code === 1008 ? 1000 : code) } },
};

/** Waits for as long as it is asked whether it is still there, and no longer. */
const impatient: FrameBreakage = {
  open({ toClient }) {
    let pongs = 0;
    return {
      onServerFrame(frame) {
        toClient(frame);
        if (frame.opcode === opcode.pong) pongs += 1;
        if (pongs === 3) toClient(goodbye);
      },
    };
  },
};

/** Says once more why, where it should give up. */
const endless: FrameBreakage = {
  open({ toClient, toServer }) {
    let heard = false;
    return {
      onClientFrame(frame) {
        heard = true;
        toServer(frame);
      },
      onServerFrame: (frame) =>
        toClient(heard || frame.opcode !== opcode.close ? frame : { opcode: opcode.text, payload: Buffer.from("{}") }),
    };
  },
};

/** The same requirements as they are checked with `--slow`. */
export const patienceProofs: Proofs = {
  "ws.refuse-wait": { slow: true, broken: (right) => openBrokenFrames(right, impatient) },
  "ws.refuse-close": { slow: true, broken: (right) => openBrokenFrames(right, endless) },
};

import { opcode } from "../../src/wire/frames.ts";
import type { Proofs } from "../peers/catches.ts";
import { openBrokenFrames } from "../peers/frames.ts";

export const livenessProofs: Proofs = {
  "ws.ping-answer": {
    broken: (right) =>
      openBrokenFrames(right, {
        open: ({ toClient }) => ({
          onServerFrame: (frame) => toClient(frame.opcode === opcode.pong ? { opcode: opcode.pong } : frame),
        }),
      }),
  },
  "ws.ping": {
    // Hangs up on a client that is silent, instead of asking whether it is there.
    peer: "lively",
    slow: true,
    broken: (right) =>
      openBrokenFrames(right, {
        open: ({ toClient, cut }) => ({
          onServerFrame: (frame) => (frame.opcode === opcode.ping ? cut() : toClient(frame)),
        }),
      }),
  },
  "ws.dead-peer": {
    // Its own pongs stand for those of the client.
    peer: "lively",
    slow: true,
    broken: (right) =>
      openBrokenFrames(right, {
        open: ({ toClient, toServer }) => ({
          onServerFrame(frame) {
            if (frame.opcode === opcode.ping) toServer({ opcode: opcode.pong, payload: frame.payload });
            toClient(frame);
          },
        }),
      }),
  },
  "ws.dead-peer-paused": {
    // Takes a client for dead while more than 32 of its messages wait.
    peer: "lively",
    slow: true,
    broken: (right) =>
      openBrokenFrames(right, {
        open({ toClient, toServer, cut }) {
          let waiting = 0;
          return {
            onClientFrame(frame) {
              if (frame.opcode === opcode.text) waiting += 1;
              if (waiting > 32) cut();
              else toServer(frame);
            },
            onServerFrame(frame) {
              if (frame.opcode === opcode.text) waiting -= 1;
              toClient(frame);
            },
          };
        },
      }),
  },
};

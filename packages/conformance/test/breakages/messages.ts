import { isObject, parseJson } from "../../src/json.ts";
import { closePayload, opcode } from "../../src/wire/frames.ts";
import type { Proofs } from "../peers/catches.ts";
import { openBrokenFrames } from "../peers/frames.ts";
import { hidden } from "./rewrites.ts";

/** Reads what is JSON and no object as if it were no JSON. */
function objectsAlone(text: string): string {
  const value = parseJson(text);
  return value === undefined || isObject(value) ? text : "not json";
}

/** Drops keys of the envelope that it does not know. */
function tolerant(text: string): string {
  const message = parseJson(text);
  if (!isObject(message) || !("id" in message)) return text;
  const { id: _, ...known } = message;
  return JSON.stringify(known);
}

export const messageProofs: Proofs = {
  "ws.invalid-json": { broken: { toClient: (text) => text.replace("INVALID_JSON", "VALIDATION_ERROR") } },
  "ws.binary": {
    broken: (right) =>
      openBrokenFrames(right, {
        open: ({ toServer }) => ({
          onClientFrame: (frame) =>
            toServer(frame.opcode === opcode.binary ? { ...frame, opcode: opcode.text } : frame),
        }),
      }),
  },
  "ws.not-object": { broken: { toServer: objectsAlone } },
  "ws.unknown-type": { broken: { toServer: (text) => text.replace('"Reset"', '"reset"') } },
  "ws.message-schema": { broken: { toServer: tolerant } },
  "ws.malformed-open": {
    broken: (right) =>
      openBrokenFrames(right, {
        open: ({ toClient }) => ({
          onServerFrame(frame) {
            toClient(frame);
            if (frame.payload.includes("INVALID_JSON")) toClient({ opcode: opcode.close, payload: closePayload(1003) });
          },
        }),
      }),
  },
  "ws.malformed-harmless": {
    broken: hidden(
      () => (_, lastReply) => (lastReply.type === "error" ? { type: "step", data: { do: "count" } } : undefined),
    ),
  },
};

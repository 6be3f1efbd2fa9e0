import { isObject, type JsonObject, parseJson } from "../../src/json.ts";
import type { Proofs } from "../peers/catches.ts";
import { hidden, instead, refusedStep } from "./rewrites.ts";

/** Whether the session of a connection has been reset by its client. */
function watchReset(): (text: string) => boolean {
  let reset = false;
  return (text) => {
    const message = parseJson(text);
    reset ||= isObject(message) && message.type === "reset";
    return reset;
  };
}

export const firstResetProofs: Proofs = {
  "episode.auto-reset": {
    broken: {
      connection: () => {
        const isReset = watchReset();
        return { toServer: (text) => (isReset(text) ? text : instead("step", () => true, refusedStep)(text)) };
      },
    },
  },
  "episode.auto-reset-silent": {
    broken: {
      connection: () => {
        const isReset = watchReset();
        let owed = false;
        return {
          toServer: (text) => {
            owed ||= !isReset(text) && text.includes('"step"');
            return text;
          },
          toClient: (text) => {
            const twice = owed && text.includes('"observation"');
            owed = false;
            return twice ? [text, text] : text;
          },
        };
      },
    },
  },
  "episode.auto-reset-failed": {
    peer: "picky",
    broken: hidden(() => {
      let reset = false;
      return ({ type }) => {
        const first = type === "step" && !reset;
        reset ||= type === "reset" || first;
        return first ? { type: "reset", data: { task: "none" } } : undefined;
      };
    }),
  },
  "episode.auto-reset-once": {
    broken: hidden(() => ({ type }, lastReply: JsonObject) => {
      const done = isObject(lastReply.data) && lastReply.data.done === true;
      return type === "step" && done ? { type: "reset" } : undefined;
    }),
  },
};

import type { JsonObject } from "../../src/json.ts";
import type { Breakage } from "../peers/broken.ts";
import type { Proofs } from "../peers/catches.ts";
import { onType } from "./rewrites.ts";

/** Holds a response of a tool back until the next reply has overtaken it. */
function overtaking(): Pick<Breakage, "toClient"> {
  const held: string[] = [];
  return {
    toClient(text) {
      if (!text.startsWith('{"type":"mcp"')) return [text, ...held.splice(0)];
      held.push(text);
      return [];
    },
  };
}

/** Tells the state as it was when it was asked for last. */
function lagging(): Pick<Breakage, "toClient"> {
  let last: JsonObject | undefined;
  return {
    toClient: onType("state", (data) => {
      const told = last ?? data;
      last = data;
      return told;
    }),
  };
}

/** Forgets one message when many have come. */
function forgetful(): Pick<Breakage, "toServer"> {
  let taken = 0;
  return { toServer: (text) => (++taken === 40 ? [] : text) };
}

export const orderProofs: Proofs = {
  "ws.reply-one": {
    broken: { toClient: (text) => (text.startsWith('{"type":"state"') ? [text, text] : text) },
  },
  "ws.reply-order": { broken: { connection: overtaking } },
  "ws.one-at-a-time": { broken: { connection: lagging } },
  // What stands between reads whatever comes.
  "ws.flow-pause": { broken: {} },
  "ws.flow-lossless": { broken: { connection: forgetful } },
};

import type { Proofs } from "../peers/catches.ts";
import { hidden, onType } from "./rewrites.ts";
import { asksFor, onResults } from "./rpc-rewrites.ts";

export const toolEpisodeProofs: Proofs = {
  "tool.one-episode": {
    broken: hidden(() => (message) => (asksFor("tools/call", message) ? { type: "reset" } : undefined)),
  },
  "tool.same-result": {
    broken: onResults((result) => ("data" in result ? { ...result, data: String(result.data) } : result)),
  },
  "tool.call-counts": {
    broken: {
      connection: () => {
        let failures = 0;
        const count = onType("state", (data) => ({ ...data, step_count: Number(data.step_count) - failures }));
        return {
          toClient: (text) => {
            failures += text.includes('"error_type"') ? 1 : 0;
            return count(text);
          },
        };
      },
    },
  },
  "tool.reward-place": { broken: onResults((result) => ({ ...result, reward: 0 })) },
  "tool.no-reset": {
    broken: hidden(() => (message) => (asksFor("reset", message) ? { type: "reset" } : undefined)),
  },
};

import type { Proofs } from "../peers/catches.ts";
import { instead, onType, refusedReset } from "./rewrites.ts";

/** A seed that is another one each time. */
function drifting(): (text: string) => string {
  let resets = 0;
  return onType("reset", (data) => {
    resets += 1;
    return typeof data.seed === "number" ? { ...data, seed: data.seed + resets } : data;
  });
}

export const seedProofs: Proofs = {
  "episode.seed-range": {
    broken: { toServer: instead("reset", ({ seed }) => typeof seed === "number" && seed < 0, refusedReset) },
  },
  "episode.seed-unsafe": {
    broken: {
      toServer: onType("reset", ({ seed, ...data }) => {
        if (typeof seed !== "number") return { ...data, seed };
        return { ...data, seed: Math.max(Number.MIN_SAFE_INTEGER, Math.min(seed, Number.MAX_SAFE_INTEGER)) };
      }),
    },
  },
  "episode.seed-type": {
    broken: {
      toServer: onType("reset", (data) => (data.seed === "42" ? { ...data, seed: Number(data.seed) } : data)),
    },
  },
  "episode.seed-zero": {
    broken: { toServer: onType("reset", ({ seed, ...data }) => (seed === 0 ? data : { ...data, seed })) },
  },
  "episode.seed-repeat": { broken: { toServer: drifting() } },
  "episode.seed-history": { broken: { connection: () => ({ toServer: drifting() }) } },
  "episode.seed-unhonoured": {
    peer: "dice",
    broken: { toClient: onType("observation", ({ metadata: _, ...outcome }) => outcome) },
  },
};

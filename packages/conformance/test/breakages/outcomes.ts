import { isObject } from "../../src/json.ts";
import type { Breakage } from "../peers/broken.ts";
import type { Proofs } from "../peers/catches.ts";
import { onType } from "./rewrites.ts";

/** Carries out another action than the one that is asked for. */
function doing(asked: string, done: string): Breakage {
  return { toServer: onType("step", (data) => (data.do === asked ? { ...data, do: done } : data)) };
}

export const outcomeProofs: Proofs = {
  "episode.outcome-keys": {
    broken: {
      toClient: onType("observation", ({ reward, ...outcome }) => (reward === null ? outcome : { ...outcome, reward })),
    },
  },
  "episode.outcome-schema": {
    broken: {
      connection: () => {
        let mismatch = false;
        return {
          toServer: onType("step", (data) => {
            mismatch = data.do === "mismatch";
            return mismatch ? { do: "count" } : data;
          }),
          toClient: onType("observation", (data) => (mismatch ? { ...data, observation: { count: "many" } } : data)),
        };
      },
    },
  },
  "episode.outcome-json": { broken: doing("unserializable", "count") },
  "episode.reset-observation": {
    broken: {
      toClient: onType("observation", ({ observation, ...outcome }) => {
        const { label: _, ...seen } = isObject(observation) ? observation : {};
        return { ...outcome, observation: seen };
      }),
    },
  },
  "episode.metadata-place": {
    broken: {
      toClient: onType("observation", ({ metadata, observation, ...outcome }) =>
        isObject(metadata) && isObject(observation)
          ? { ...outcome, observation: { ...observation, metadata } }
          : { ...outcome, observation },
      ),
    },
  },
  "episode.metadata-empty": { broken: { toClient: onType("observation", (data) => ({ metadata: {}, ...data })) } },
  "episode.reward": {
    broken: { toClient: onType("observation", (data) => (data.reward === 0.5 ? { ...data, reward: true } : data)) },
  },
  "episode.reward-non-finite": { broken: doing("infinite", "finish") },
};

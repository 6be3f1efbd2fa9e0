import { isObject } from "../../src/json.ts";
import type { Proofs } from "../peers/catches.ts";
import { hidden, instead, onType, refusedReset } from "./rewrites.ts";

export const episodeProofs: Proofs = {
  "episode.reset-any-time": {
    broken: {
      connection: () => {
        let stepped = false;
        const refuse = instead("reset", () => stepped, refusedReset);
        return {
          toServer: (text) => {
            const sent = refuse(text);
            stepped ||= text.includes('"step"');
            return sent;
          },
        };
      },
    },
  },
  "episode.reset-count": {
    broken: {
      connection: () => {
        let steps = 0;
        return {
          toServer: onType("step", (data) => {
            steps += 1;
            return data;
          }),
          toClient: onType("state", (data) => ({ ...data, step_count: steps })),
        };
      },
    },
  },
  "episode.reset-id": {
    broken: { toServer: onType("reset", ({ episode_id: _, ...data }) => data) },
  },
  "episode.reset-id-made": {
    broken: { toServer: onType("reset", (data) => ({ ...data, episode_id: data.episode_id ?? "episode" })) },
  },
  "episode.reset-id-reused": {
    broken: {
      connection: () => {
        const seen = new Set<unknown>();
        const isSeen = instead("reset", ({ episode_id }) => seen.has(episode_id), refusedReset);
        const remember = onType("reset", (data) => {
          if (typeof data.episode_id === "string") seen.add(data.episode_id);
          return data;
        });
        return {
          toServer: (text) => {
            const sent = isSeen(text);
            remember(text);
            return sent;
          },
        };
      },
    },
  },
  "episode.reset-id-length": {
    broken: {
      toServer: onType("reset", (data) => ({
        ...data,
        episode_id: [...String(data.episode_id)].slice(0, 255).join(""),
      })),
    },
  },
  "episode.reset-refused": {
    broken: hidden(
      () =>
        ({ type, data }) =>
          type === "reset" && data === null ? { type: "reset" } : undefined,
    ),
  },
  "episode.reset-failed": {
    broken: hidden(
      () =>
        ({ type, data }) =>
          type === "reset" && isObject(data) && data.fail === true ? { type: "reset" } : undefined,
    ),
  },
};

import type { Proofs } from "../peers/catches.ts";
import { hidden, onType } from "./rewrites.ts";

export const stateProofs: Proofs = {
  "episode.state-keys": {
    broken: {
      toClient: onType("state", ({ episode_id, ...state }) => (episode_id === null ? state : { ...state, episode_id })),
    },
  },
  "episode.state-fresh": {
    broken: { toClient: onType("state", (state) => ({ ...state, episode_id: state.episode_id ?? "" })) },
  },
  "episode.state-own": {
    broken: {
      toClient: onType("state", (state) => ({ ...state, episode_id: "the bench's own", step_count: -1 })),
    },
  },
  "episode.state-pure": {
    broken: hidden(
      () =>
        ({ type }) =>
          type === "state" ? { type: "reset" } : undefined,
    ),
  },
  "episode.state-schema": {
    broken: { toClient: onType("state", (state) => ({ ...state, count: String(state.count) })) },
  },
};

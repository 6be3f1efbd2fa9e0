import { isObject, type JsonObject } from "../../src/json.ts";
import type { Proofs } from "../peers/catches.ts";
import { instead, onType, refusedReset } from "./rewrites.ts";

export const optionProofs: Proofs = {
  "episode.options-open": {
    broken: { toServer: instead("reset", (data) => "conformance_object" in data, refusedReset) },
  },
  "episode.options-warning": {
    broken: {
      toClient: onType("observation", ({ metadata, ...outcome }) =>
        isObject(metadata) && Array.isArray(metadata.warnings)
          ? { ...outcome, metadata: { warnings: metadata.warnings.slice(0, 1) } }
          : outcome,
      ),
    },
  },
  "episode.options-null": {
    broken: {
      toServer: onType("reset", (data) =>
        "episode_id" in data ? { ...data, episode_id: String(data.episode_id) } : data,
      ),
    },
  },
  "episode.options-exact": {
    broken: {
      toServer: onType("reset", (data) =>
        Object.fromEntries(Object.entries(data).map(([name, value]) => [name.toLowerCase(), value])),
      ),
    },
  },
  "episode.options-once": {
    broken: {
      connection: () => {
        let kept: JsonObject = {};
        return {
          toServer: onType("reset", (data) => {
            kept = { ...kept, ...data };
            return kept;
          }),
        };
      },
    },
  },
  "episode.options-schema": {
    broken: { toServer: onType("reset", ({ start: _, ...data }) => data) },
  },
  "episode.options-default": {
    broken: { toServer: instead("reset", (data) => Object.keys(data).length === 0, refusedReset) },
  },
  "episode.warnings-place": {
    broken: { toClient: (text) => text.replace('"warnings":', '"notes":') },
  },
};

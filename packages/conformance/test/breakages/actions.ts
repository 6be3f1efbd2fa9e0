import { isObject, type JsonObject } from "../../src/json.ts";
import type { Proofs } from "../peers/catches.ts";
import { hidden, onType, refusedStep } from "./rewrites.ts";

const isInvalid = ({ type, data }: JsonObject): boolean => type === "step" && isObject(data) && Array.isArray(data.do);

export const actionProofs: Proofs = {
  "episode.action-schema": {
    broken: {
      toServer: onType("step", (data) => (data.type === undefined ? { ...data, do: data.do ?? "count" } : data)),
    },
  },
  "episode.action-unreached": {
    broken: hidden(() => (message) => (isInvalid(message) ? { type: "step", data: { do: "count" } } : undefined)),
  },
  "episode.action-refused": {
    broken: hidden(() => (message) => (isInvalid(message) ? { type: "reset" } : undefined)),
  },
  "episode.action-strict": {
    broken: { toServer: onType("step", ({ "an unknown key": _, ...action }) => action) },
  },
  "episode.action-metadata": {
    broken: {
      toServer: (text) => (text.includes('"metadata"') ? JSON.stringify(refusedStep) : text),
    },
  },
  "episode.step-count": {
    broken: {
      connection: () => {
        let calls = 0;
        return {
          toServer: onType("step", (data) => {
            calls += data.type === "call_tool" ? 1 : 0;
            return data;
          }),
          toClient: onType("state", (data) => ({ ...data, step_count: Number(data.step_count) - calls })),
        };
      },
    },
  },
  "episode.step-count-failed": {
    broken: {
      connection: () => {
        let failures = 0;
        const count = onType("state", (data) => ({ ...data, step_count: Number(data.step_count) + failures }));
        return {
          toClient: (text) => {
            failures += text.includes('"EXECUTION_ERROR"') ? 1 : 0;
            return count(text);
          },
        };
      },
    },
  },
};

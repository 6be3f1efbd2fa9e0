import { isObject } from "../../src/json.ts";
import type { Proofs } from "../peers/catches.ts";
import { openMutated } from "../peers/mutated.ts";
import { rightPeers } from "../peers/right.ts";
import { hidden, onType } from "./rewrites.ts";

const failed = { type: "error", data: { message: "no such tool", code: "EXECUTION_ERROR" } };

export const toolCallProofs: Proofs = {
  "tool.call": { broken: { toClient: (text) => text.replace('"tool_name":"fail"', '"tool":"fail"') } },
  "tool.call-malformed": {
    broken: {
      toServer: onType("step", (data) =>
        typeof data.tool_name === "number" ? { ...data, tool_name: String(data.tool_name) } : data,
      ),
    },
  },
  "tool.result-shape": { broken: { toClient: (text) => text.replace('"meta":null,"data"', '"data"') } },
  "tool.failure": {
    broken: { toClient: (text) => (text.includes('"tool_not_found"') ? JSON.stringify(failed) : text) },
  },
  "tool.failure-type": { broken: { toClient: (text) => text.replace('"invalid_args"', '"execution_error"') } },
  "tool.failure-unreached": {
    broken: hidden(
      () =>
        ({ data }) =>
          isObject(data) && isObject(data.arguments) && data.arguments.a === "one"
            ? { type: "step", data: { type: "call_tool", tool_name: "bump" } }
            : undefined,
    ),
  },
  "tool.deadline": { peer: "hasty", slow: true, broken: () => rightPeers.workbench() },
  "tool.deadline-turn": {
    broken: () =>
      openMutated("workbench", {
        rule: "tool.deadline-turn",
        file: "server/episode.ts",
        find: "      overrun = work;\n",
        replace: "",
      }),
  },
};

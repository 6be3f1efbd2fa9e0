import { isObject, type JsonObject } from "../../src/json.ts";
import type { Breakage } from "../peers/broken.ts";
import type { Proofs } from "../peers/catches.ts";
import { instead, onType, refusedReset, refusedState } from "./rewrites.ts";

const peer = "production";
const always = (): boolean => true;

/** Rewrites what tools returned as numbers. */
function onResult(change: (data: number) => number): (text: string) => string {
  return onType("observation", (outcome) => {
    const { observation } = outcome;
    if (!isObject(observation) || !isObject(observation.result)) return outcome;
    const result = { ...observation.result, data: change(Number(observation.result.data)) };
    return { ...outcome, observation: { ...observation, result } };
  });
}

const opened = JSON.stringify({
  type: "observation",
  data: { observation: { tools: [] }, reward: null, done: false },
});

export const productionProofs: Proofs = {
  "mode.ws-open": { peer, broken: { upgrade: () => null } },
  "mode.reset": { peer, broken: { toServer: instead("reset", always, refusedReset) } },
  "mode.state": { peer, broken: { toServer: instead("state", always, refusedState) } },
  "mode.action": {
    peer,
    broken: {
      toServer: onType("step", (data) =>
        data.do === undefined ? data : { type: "call_tool", tool_name: "bump", arguments: {} },
      ),
    },
  },
  "mode.tools": {
    peer,
    broken: { toServer: instead("step", ({ type }) => type === "list_tools", { type: "step", data: { do: "count" } }) },
  },
  "mode.reward": { peer, broken: { toClient: onType("observation", (data) => ({ ...data, reward: 0 })) } },
  "mode.no-reset": { peer, broken: countsAnew() },
  "mode.server-reset": { peer, broken: { toClient: onResult((data) => data - 5) } },
  "mode.server-reset-failed": {
    peer: "productionRefused",
    broken: { toClient: (text) => (text.includes("FACTORY_ERROR") ? opened : text) },
  },
  "mode.error-text": {
    peer,
    broken: { toClient: (text) => text.replace("The tool failed", "the tool broke its teeth") },
  },
  "mode.http-absent": {
    peer,
    broken: {
      answer: (_, { path }) =>
        path === "/state" ? { status: 403, body: JSON.stringify({ detail: "No", code: "MODE_ERROR" }) } : {},
    },
  },
  "mode.rpc": {
    peer,
    broken: {
      answer: ({ body }, asked) => (asked.body.includes("tools/call") ? { body: refused(body) } : {}),
    },
  },
};

/** A JSON-RPC response that tells of no such method, in place of another. */
function refused(body: string): string {
  const response: JsonObject = JSON.parse(body);
  const error = { code: -32601, message: "Method not found", data: null };
  return JSON.stringify({ jsonrpc: "2.0", id: response.id ?? null, error });
}

/** Lets a client's reset begin the session's count anew. */
function countsAnew(): Breakage {
  return {
    connection: () => {
      let reset = false;
      return {
        toServer: onType("reset", (data) => {
          reset = true;
          return data;
        }),
        toClient: onResult((data) => (reset ? 6 : data)),
      };
    },
  };
}

import { isObject, type JsonObject, parseJson } from "../../src/json.ts";
import type { Breakage } from "../peers/broken.ts";
import type { Proofs } from "../peers/catches.ts";
import { openMutated } from "../peers/mutated.ts";
import { rightPeers } from "../peers/right.ts";

function objectIn(text: string): JsonObject {
  const value = parseJson(text);
  return isObject(value) ? value : {};
}

/** Never tells fewer open sessions than before. */
function hoarding(): Breakage {
  let most = 0;
  return {
    answer: ({ body }, { path }) => {
      if (path !== "/health") return {};
      const health = objectIn(body);
      most = Math.max(most, Number(health.active_sessions));
      return { body: JSON.stringify({ ...health, active_sessions: most }) };
    },
  };
}

/** Remembers the sessions that have ended, and says so. */
function remembering(): Breakage {
  const ended = new Set<unknown>();
  return {
    answer: ({ body }, asked) => {
      const { result } = objectIn(body);
      const { params } = objectIn(asked.body);
      const named = isObject(params) ? params.session_id : undefined;
      if (ended.has(named)) return { body: body.replace("-32602", "-32600") };
      if (isObject(result) && result.closed === true) ended.add(named);
      return {};
    },
  };
}

export const sessionEndProofs: Proofs = {
  "session.socket-end": { broken: hoarding() },
  "session.ended": { broken: remembering() },
  "session.idle-socket": { slow: true, broken: () => rightPeers.idle() },
  "session.idle-detached": { peer: "idle", slow: true, broken: () => rightPeers.workbench() },
  "session.idle-busy": {
    peer: "idle",
    slow: true,
    broken: () =>
      openMutated("idle", {
        rule: "session.idle-busy",
        file: "server/session-table.ts",
        find: "if (session.busy() || session.uses()",
        replace: "if (session.uses()",
      }),
  },
  "session.idle-close": { peer: "idle", slow: true, broken: { closeCode: (code) => (code === 1001 ? 1000 : code) } },
};

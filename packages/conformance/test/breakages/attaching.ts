import type { Proofs } from "../peers/catches.ts";
import { openMutated } from "../peers/mutated.ts";
import { hidden } from "./rewrites.ts";

const attached = new Set<string>();

export const attachingProofs: Proofs = {
  "session.attach": { broken: { upgrade: (path) => ({ path: path.replace(/\?.*/, "") }) } },
  "session.attach-unknown": {
    broken: { upgrade: (path) => (path.endsWith("=conformance") ? { path: "/ws" } : {}) },
  },
  "session.attach-once": {
    broken: {
      upgrade: (path) => {
        if (attached.has(path)) return { path: "/ws" };
        attached.add(path);
        return {};
      },
    },
  },
  "session.detach": {
    broken: () =>
      openMutated("workbench", {
        rule: "session.detach",
        file: "server/socket-door.ts",
        find: "    else server.sessions.detach(session.id);",
        replace: "    else void server.sessions.destroy(session.id);",
      }),
  },
  "session.detach-state": {
    broken: hidden(() => {
      let asked = false;
      return ({ type }) => {
        if (type !== "state" || asked) return undefined;
        asked = true;
        return { type: "reset" };
      };
    }),
  },
};

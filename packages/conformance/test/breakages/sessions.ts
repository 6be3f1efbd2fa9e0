import type { Mutant } from "../mutants/mutants.ts";
import type { BrokenPeer } from "../peers/broken.ts";
import type { Proofs } from "../peers/catches.ts";
import { openMutated } from "../peers/mutated.ts";
import type { PeerName } from "../peers/right.ts";
import { refusedState } from "./rewrites.ts";

const inTable =
  (rule: Mutant["rule"], find: string, replace: string, peer: PeerName = "workbench") =>
  (): Promise<BrokenPeer> =>
    openMutated(peer, { rule, file: "server/session-table.ts", find, replace });

export const sessionProofs: Proofs = {
  "session.capacity": {
    peer: "small",
    broken: inTable(
      "session.capacity",
      "    if (entries.size >= max) {",
      '    if ([...entries.values()].filter((entry) => entry.ownership === "socket").length >= max) {',
      "small",
    ),
  },
  "session.isolation": {
    broken: () =>
      openMutated("workbench", {
        rule: "session.isolation",
        file: "server/server.ts",
        find: "environment.create === undefined ? toolsAlone : await environment.create(context);",
        replace:
          "await ((globalThis as { one?: Promise<Instance> }).one ??= Promise.resolve(environment.create?.(context) ?? toolsAlone));",
      }),
  },
  "session.turn": {
    broken: () =>
      openMutated("workbench", {
        rule: "session.turn",
        file: "server/turns.ts",
        find: "      if (last !== undefined) {",
        replace: "      if (last === null) {",
      }),
  },
  "session.failure-contained": {
    broken: {
      ...(() => {
        let failed = false;
        return {
          toClient: (text: string) => {
            failed ||= text.includes('"EXECUTION_ERROR"');
            return text;
          },
          toServer: (text: string) => (failed && text.includes('"state"') ? JSON.stringify(refusedState) : text),
        };
      })(),
    },
  },
  "session.id-entropy": {
    broken: inTable(
      "session.id-entropy",
      "const [high = 0n, low = 0n] = crypto.getRandomValues(new BigUint64Array(2));",
      "const [low = 0n, high = 0n] = crypto.getRandomValues(new BigUint64Array(1));",
    ),
  },
  "session.socket-owned": {
    broken: inTable("session.socket-owned", 'if (entry.ownership === "socket") {', "if (entry.session === null) {"),
  },
  "session.bearer": {
    broken: inTable(
      "session.bearer",
      "  if (expected === undefined) return true;",
      "  if (expected === undefined || given?.length === expected.length) return true;",
    ),
  },
  "session.bearer-hidden": {
    broken: inTable(
      "session.bearer-hidden",
      "    if (entry === undefined) throw unknownSession(id);",
      '    if (entry === undefined) throw entries.has(id) ? new ProtocolError("MODE_ERROR", "not yours") : unknownSession(id);',
    ),
  },
};

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RequirementId, requirements, serverChecks } from "../../src/index.ts";
import { type Breakage, type BrokenPeer, openBroken } from "./broken.ts";
import { type PeerName, type RightPeer, rightPeers } from "./right.ts";

/** The proof of one check: a right peer that it passes, and one that differs in a single behaviour, which it catches. */
export interface Proof {
  /** Which right peer shows the requirement. Default `workbench`. */
  peer?: PeerName;
  /** How the broken peer differs from it: what passes through it is changed, or it is a peer of the test's own, perhaps before the right one. */
  broken: Breakage | ((right: string) => Promise<BrokenPeer>);
  /** Runs the check as with `--slow`. */
  slow?: boolean;
}

export type Proofs = Partial<Record<RequirementId, Proof>>;

const deadlineMs = 4000;

/** Declares two tests for every proof: the right peer passes, the broken one is caught. */
export function proveChecks(proofs: Proofs): void {
  const opened = new Map<PeerName, RightPeer>();
  const entries = Object.entries(proofs);
  beforeAll(async () => {
    const names = new Set(entries.map(([, { peer = "workbench" }]) => peer));
    for (const name of names) opened.set(name, await rightPeers[name]());
  });
  afterAll(async () => {
    for (const peer of opened.values()) await peer[Symbol.asyncDispose]();
  });

  describe.each(entries)("%s", (id, { peer = "workbench", broken, slow = false }) => {
    const right = (): RightPeer => {
      const found = opened.get(peer);
      if (found === undefined) throw new Error(`the peer ${peer} did not open`);
      return found;
    };
    const judge = async (url: string) => {
      const { script, control } = right();
      const check = serverChecks({ url, script, control, slow, deadlineMs }).find((each) => each.id === id);
      return check?.run();
    };

    test("passes a right peer", async () => {
      expect(await judge(right().url)).toMatchObject({ id, status: "pass" });
    });

    test("catches a broken peer", async () => {
      await using peer =
        typeof broken === "function" ? await broken(right().url) : await openBroken(right().url, broken);
      expect(await judge(peer.url)).toMatchObject({ id, status: caught(id) });
    });
  });
}

function caught(id: string): string {
  const entry = Object.entries(requirements).find(([each]) => each === id);
  return entry?.[1].level.startsWith("MUST") === true ? "fail" : "warn";
}

/** Rewrites the JSON objects among messages: for breakages that change one key. */
export function rewriting(change: (message: Record<string, unknown>) => unknown): (text: string) => string {
  return (text) => {
    const value: unknown = JSON.parse(text);
    return JSON.stringify(typeof value === "object" && value !== null ? change({ ...value }) : value);
  };
}

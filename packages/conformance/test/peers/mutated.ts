import type { Mutant } from "../mutants/mutants.ts";
import { mutate } from "../mutants/mutate.ts";
import type { BrokenPeer } from "./broken.ts";
import { type PeerName, rightPeers } from "./right.ts";

/** Opens a peer whose source differs from the reference implementation in one place. */
export async function openMutated(name: PeerName, mutant: Omit<Mutant, "peer">): Promise<BrokenPeer> {
  using copy = mutate(mutant);
  const { serve } = await import(copy.node);
  return rightPeers[name](serve);
}

import type { Proofs } from "../peers/catches.ts";
import { answeringStatus } from "../peers/http-breakage.ts";

export const securityProofs: Proofs = {
  "security.echo-short": {
    broken: { toClient: (text) => text.replace(/q{20,}/, "q".repeat(2000)) },
  },
  "security.before-slot": { peer: "small", broken: answeringStatus(422, () => ({ status: 503 })) },
};

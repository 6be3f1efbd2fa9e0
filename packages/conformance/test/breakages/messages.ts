import type { Proofs } from "../peers/catches.ts";

export const messageProofs: Proofs = {
  "ws.unknown-type": { broken: { toClient: (text) => text.replace("UNKNOWN_TYPE", "VALIDATION_ERROR") } },
  "ws.invalid-json": { broken: { toClient: (text) => text.replace("INVALID_JSON", "VALIDATION_ERROR") } },
};

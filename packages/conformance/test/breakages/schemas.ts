import type { Proofs } from "../peers/catches.ts";
import { answering, without } from "../peers/http-breakage.ts";

export const schemaProofs: Proofs = {
  "http.schema-answer": { broken: answering("/schema", (body) => without(body, "state")) },
  "http.schema-dialect": {
    broken: answering("/schema", (body) => ({ ...body, state: { type: "object", required: "episode_id" } })),
  },
  "http.schema-true": { broken: answering("/schema", (body) => ({ ...body, action: { type: "object" } })) },
  "http.schema-reset": {
    // The right schema is open and takes the observation of a reset as well.
    broken: answering("/schema", (body) => ({
      ...without(body, "reset_observation"),
      observation: { ...Object(body.observation), additionalProperties: false },
    })),
  },
};

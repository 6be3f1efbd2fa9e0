import type { Proofs } from "../peers/catches.ts";
import { answering, asking, askingJson, without } from "../peers/http-breakage.ts";

const impatient = askingJson((body) => without(body, "timeout_s"));

export const httpSimulationProofs: Proofs = {
  "http.reset-answer": { broken: answering("/reset", (body) => without(body, "done")) },
  "http.reset-empty": { broken: asking((body) => (body === "null" ? "[]" : body)) },
  "http.reset-not-object": { broken: asking((body) => (body === "[]" ? "{}" : body)) },
  "http.reset-seed": { broken: asking((body) => body.replace(/"seed":-\d+/, '"seed":1')) },
  "http.reset-seed-unsafe": { broken: asking((body) => body.replace(/"seed":\d{17,}/, '"seed":1')) },
  "http.step-answer": { broken: answering("/step", (body) => without(body, "reward")) },
  "http.step-action": {
    broken: askingJson(({ action, ...rest }) => ({
      ...rest,
      action: typeof action === "string" ? { do: action } : action,
    })),
  },
  "http.step-timeout": { broken: impatient },
  "http.step-timeout-tool": { broken: impatient },
  "http.step-timeout-range": { broken: asking((body) => body.replace('"timeout_s":0}', '"timeout_s":null}')) },
  "http.step-request-id": { broken: asking((body) => body.replace(/r{256,}/, "r")) },
  "http.state-answer": { broken: answering("/state", (body) => without(body, "count")) },
};

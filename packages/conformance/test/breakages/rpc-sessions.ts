import { isObject } from "../../src/json.ts";
import type { Proofs } from "../peers/catches.ts";
import { onErrors, onParams, onRequests, onResults } from "./rpc-rewrites.ts";

const silent = onErrors((error) => (error.code === -32000 ? { ...error, data: null } : error));

export const rpcSessionProofs: Proofs = {
  "rpc.session-create": {
    broken: onResults((result) => ("closed" in result ? result : { sessionId: result.session_id })),
  },
  "rpc.session-create-capacity": { peer: "small", broken: silent },
  "rpc.session-create-factory": { peer: "broken", broken: silent },
  "rpc.session-close": {
    broken: onResults((result) => (result.closed === true ? { closed: true } : result)),
  },
  "rpc.session-close-attached": {
    broken: onResults(({ closing, ...result }) => (closing === true ? { ...result, closed: true } : result)),
  },
  "rpc.session-close-missing": {
    broken: onRequests((request) =>
      request.method === "openenv/session/close" && !isObject(request.params)
        ? { ...request, jsonrpc: "1.0" }
        : request,
    ),
  },
  "rpc.session-unknown": {
    broken: onParams("tools/list", ({ session_id, ...params }) =>
      session_id === "conformance" ? params : { ...params, session_id },
    ),
  },
  "rpc.session-type": {
    broken: onParams("tools/list", ({ session_id, ...params }) =>
      session_id === 7 ? params : { ...params, session_id },
    ),
  },
};

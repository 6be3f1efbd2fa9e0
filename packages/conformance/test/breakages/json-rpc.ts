import { isObject } from "../../src/json.ts";
import type { Proofs } from "../peers/catches.ts";
import { onErrors, onRequests, onResponses, recoded } from "./rpc-rewrites.ts";

export const jsonRpcProofs: Proofs = {
  "rpc.endpoint": {
    broken: { answer: (_, { path }) => (path === "/mcp" ? { status: 404, body: '{"detail":"Not Found"}' } : {}) },
  },
  "rpc.status": { broken: { answer: ({ body }) => (body.includes('"error"') ? { status: 400 } : {}) } },
  "rpc.content-type": {
    broken: {
      request: ({ path, headers }) =>
        path === "/mcp" && headers["content-type"] !== "application/json" ? { body: "" } : {},
    },
  },
  "rpc.parse-error": { broken: recoded(-32700, -32600) },
  "rpc.invalid-request": {
    broken: onRequests((request) => (request.jsonrpc === "1.0" ? { ...request, jsonrpc: "2.0" } : request)),
  },
  "rpc.extra-keys": { broken: onRequests(({ conformance: _, ...request }) => request) },
  "rpc.method-unknown": {
    broken: onRequests((request) => ({
      ...request,
      method: request.method === "Tools/list" ? "tools/list" : request.method,
    })),
  },
  "rpc.params-extra": {
    broken: onRequests((request) =>
      isObject(request.params) && "conformance" in request.params ? { ...request, params: [] } : request,
    ),
  },
  "rpc.response": {
    broken: onResponses((response) => ("result" in response ? { ...response, error: null } : response)),
  },
  "rpc.response-id": {
    broken: onResponses((response) => ({ ...response, id: response.id === 0 ? null : response.id })),
  },
  "rpc.response-id-null": {
    broken: onResponses(({ id, ...response }) => (id === null ? response : { ...response, id })),
  },
  "rpc.response-schema": { broken: onResponses((response) => ({ ...response, took_ms: 1 })) },
  "rpc.error-shape": {
    broken: onErrors(({ data, ...error }) => (data === null ? error : { ...error, data })),
  },
};

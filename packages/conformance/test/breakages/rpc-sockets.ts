import { isObject, parseJson } from "../../src/json.ts";
import type { Proofs } from "../peers/catches.ts";
import { onParams, onResults, recoded } from "./rpc-rewrites.ts";

const { toServer: unnamed = (text: string) => text } = onParams("tools/call", (params) =>
  params.session_id === "conformance" ? {} : params,
);
const { toClient: renamed = (text: string) => text } = onResults((result) =>
  "session_id" in result ? { ...result, session_id: crypto.randomUUID() } : result,
);
const { toClient: shared = (text: string) => text } = onResults((result) =>
  "session_id" in result ? { ...result, session_id: "the same for all" } : result,
);

export const rpcSocketProofs: Proofs = {
  "rpc.socket-session": { broken: { toServer: unnamed } },
  "rpc.socket-create": { broken: { toClient: renamed } },
  "rpc.socket-close-own": { broken: recoded(-32600, -32602) },
  "rpc.ws-endpoint": { broken: { upgrade: (path) => (path === "/mcp" ? null : {}) } },
  "rpc.ws-session": { broken: { toClient: (text, path) => (path === "/mcp" ? shared(text, path) : text) } },
  "rpc.ws-refusal": { peer: "small", broken: { closeCode: (code) => (code === 1013 ? 1000 : code) } },
  "rpc.ws-malformed": {
    broken: { toServer: (text, path) => (path === "/mcp" && !isObject(parseJson(text)) ? "{}" : text) },
  },
};

import type { Proofs } from "../peers/catches.ts";
import { openMutated } from "../peers/mutated.ts";
import { hidden } from "./rewrites.ts";
import { asksFor, onParams, onResults, recoded } from "./rpc-rewrites.ts";

export const rpcToolProofs: Proofs = {
  "rpc.tools-list": {
    broken: onResults((result) => JSON.parse(JSON.stringify(result).replace('"inputSchema"', '"input_schema"'))),
  },
  "rpc.tools-list-pure": {
    broken: hidden(() => (message) => (asksFor("tools/list", message) ? { type: "reset" } : undefined)),
  },
  "rpc.no-tools": { peer: "bare", broken: recoded(-32603, -32602) },
  "rpc.tools-call": { broken: onResults(({ isError: _, ...result }) => result) },
  "rpc.tools-call-session": { broken: onParams("tools/call", ({ session_id: _, ...params }) => params) },
  "rpc.tools-call-alone": {
    broken: () =>
      openMutated("workbench", {
        rule: "rpc.tools-call-alone",
        file: "server/server.ts",
        find: "      } finally {\n        await sessions.destroy(session.id);\n      }",
        replace: "      } finally {\n      }",
      }),
  },
  "rpc.tools-call-name": {
    broken: onParams("tools/call", (params) => (params.name === 7 ? { ...params, name: "7" } : params)),
  },
  "rpc.tools-call-arguments": {
    broken: onParams("tools/call", (params) =>
      params.arguments === null ? { ...params, arguments: { a: 1, b: 2 } } : params,
    ),
  },
  "rpc.tools-call-failure": { broken: recoded(-32603, -32602) },
};

import { jsonRpcProofs } from "./breakages/json-rpc.ts";
import { rpcSessionProofs } from "./breakages/rpc-sessions.ts";
import { rpcSocketProofs } from "./breakages/rpc-sockets.ts";
import { rpcToolProofs } from "./breakages/rpc-tools.ts";
import { proveChecks } from "./peers/catches.ts";

proveChecks({ ...jsonRpcProofs, ...rpcToolProofs, ...rpcSessionProofs, ...rpcSocketProofs });

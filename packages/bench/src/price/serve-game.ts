// A server of the game that stands alone: in a process or in a container. Prints its address.

import { parseArgs } from "node:util";
import { serve } from "@openenv/server/node";
import { gameEnvironment } from "../game.ts";

const { values } = parseArgs({
  options: {
    host: { type: "string", default: "127.0.0.1" },
    port: { type: "string", default: "0" },
    unix: { type: "string" },
    "observation-bytes": { type: "string", default: "200" },
  },
});
const { host, port, unix } = values;
const server = await serve(gameEnvironment(Number(values["observation-bytes"])), {
  host,
  port: Number(port),
  unix,
  maxSessions: 10_000,
});
process.once("SIGTERM", () => server.close().then(() => process.exit()));
console.log(server.url);

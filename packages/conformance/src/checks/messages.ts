import { checksOf } from "../check.ts";
import { expectErrorCode } from "../expect.ts";

const requirement = checksOf("core");

/** Malformed messages at `/ws`. */
export const messageChecks = [
  requirement("ws.unknown-type", async (server) => {
    const connection = await server.session();
    for (const message of [
      { type: "teleport" },
      {},
      { type: null },
      { type: 7 },
      { type: "Reset" },
      { type: "reset " },
    ])
      expectErrorCode(await connection.ask(message), "UNKNOWN_TYPE");
  }),
  requirement("ws.invalid-json", async (server) => {
    const connection = await server.session();
    for (const text of ["not json", "", '{"type":', "{'type':'reset'}"])
      expectErrorCode(await connection.ask(text), "INVALID_JSON");
  }),
];

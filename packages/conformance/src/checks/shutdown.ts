import { checksOf } from "../check.ts";
import { expectThat } from "../expect.ts";
import { isObject, type JsonObject, show } from "../json.ts";
import type { Server } from "../server.ts";
import { notApplicable, Violation } from "../verdict.ts";
import { opcode } from "../wire/frames.ts";
import { messageOf, unknown } from "./alive.ts";

const requirement = checksOf("sessions");
const mode = "simulation";

/** Runs `observe`, which shuts the server down, and has it running again afterwards. */
async function aroundShutdown(
  server: Server,
  observe: (shutDown: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const control = server.control();
  let begun = false;
  try {
    await observe(() => {
      begun = true;
      return control.shutDown();
    });
  } finally {
    if (begun) await control.restart();
  }
}

/** Waits until the server has stopped to answer new requests; false where it still does when the time is over. */
async function stopsListening(server: Server): Promise<boolean> {
  const end = Date.now() + server.deadlineMs / 2;
  while (Date.now() < end) {
    const answers = await server.http({ path: "/health" }).catch(() => undefined);
    if (answers === undefined || answers.status === 503) return true;
  }
  return false;
}

/** What clients see of a server that is told to stop. */
export const shutdownChecks = [
  requirement("ws.shutdown-close", { alone: true }, (server) =>
    aroundShutdown(server, async (shutDown) => {
      const connection = await server.session();
      await connection.ask(unknown);
      await shutDown();
      const code = await connection.closed("the closing by a server that shuts down");
      expectThat(code === 1012, `expected a close with code 1012, got ${show(code)}`);
    }),
  ),
  requirement("ws.shutdown-answers", { mode, alone: true }, (server) =>
    aroundShutdown(server, async (shutDown) => {
      const slow = server.actions.scripted("slow");
      const connection = await server.session();
      await server.reset(connection);
      connection.send({ type: "step", data: slow });
      // The pong tells that the step before it has arrived.
      connection.sendFrame({ opcode: opcode.ping });
      const pong = await connection.next("a pong while an action takes its time");
      if (pong.kind !== "pong") return notApplicable("the slow action was over before the server could be shut down");
      await shutDown();
      const { type } = await connection.message("the reply to an action that was being handled");
      expectThat(type === "observation", `expected the observation before the closing, got ${show(type)}`);
    }),
  ),
  requirement("ws.refuse-shutdown", { mode, alone: true }, (server) =>
    aroundShutdown(server, async (shutDown) => {
      const slow = server.actions.scripted("slow");
      const busy = await server.session();
      await server.reset(busy);
      for (let turn = 0; turn < 10; turn++) busy.send({ type: "step", data: slow });
      let stopped = false;
      const between = async (): Promise<void> => {
        // A round trip, in which a proxy passes the new connection on.
        await server.http({ path: "/health" });
        await shutDown();
        stopped = await stopsListening(server);
      };
      const told = await firstReplyTo(server, between);
      const code = isObject(told?.data) ? told.data.code : undefined;
      if (code === "CAPACITY_REACHED") return;
      if (told === undefined || !stopped)
        return notApplicable("no connection could be made while the server was for sure shutting down");
      expectThat(false, `expected CAPACITY_REACHED from a server that shuts down, got ${show(told)}`);
    }),
  ),
];

/** The reply on a connection whose TCP connection is older than `between`, and whose upgrade is younger. */
async function firstReplyTo(server: Server, between: () => Promise<void>): Promise<JsonObject | undefined> {
  try {
    const connection = await server.open("/ws", { connected: between });
    connection.send({ type: "state" });
    return messageOf(await connection.next(), "the first reply");
  } catch (reason) {
    if (reason instanceof Violation) return undefined;
    throw reason;
  }
}

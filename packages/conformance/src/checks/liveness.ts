import { checksOf } from "../check.ts";
import { expectThat } from "../expect.ts";
import { NotApplicable, violated } from "../verdict.ts";
import { type Arrival, type Connection, describe } from "../wire/connection.ts";
import { opcode } from "../wire/frames.ts";
import { unknown } from "./alive.ts";

const requirement = checksOf("core");

/** How often a server should ping, in milliseconds. */
const pingMs = 20_000;
/** After so many pings without an answer, two in a row were left unanswered for sure. */
const unansweredAtMost = 4;

/** What a slow action takes at least, in milliseconds. */
const slowestMs = 500;

const payloads: readonly Buffer[] = [
  Buffer.alloc(0),
  Buffer.from("one"),
  Buffer.from([0, 0xff, 0x80]),
  Buffer.alloc(125, 0xfe),
];

async function expectPong(connection: Connection, payload: Buffer): Promise<void> {
  connection.sendFrame({ opcode: opcode.ping, payload });
  const arrival = await connection.next("the answer to a ping");
  expectThat(
    arrival.kind === "pong" && arrival.payload.equals(payload),
    `expected a pong of the same ${payload.length} bytes, got ${describe(arrival)}`,
  );
}

/** Pings, and what becomes of peers that do not answer them. */
export const livenessChecks = [
  requirement("ws.ping-answer", async (server) => {
    const connection = await server.session();
    for (const payload of payloads) await expectPong(connection, payload);
    const { slow } = server.actions.script;
    if (slow === undefined || server.facts.mode === "production") return;
    await server.reset(connection);
    let last: Arrival | undefined;
    // One of three: a pong may be late on a machine that is busy with other things than the action.
    for (let attempt = 0; attempt < 3; attempt++) {
      connection.send({ type: "step", data: slow });
      connection.sendFrame({ opcode: opcode.ping, payload: "meanwhile" });
      last = await connection.next("a pong while an action takes its time");
      await connection.next("the reply to the action");
      if (last.kind === "pong") return;
    }
    if (last !== undefined) violated(`expected a pong before the reply to a slow action, got ${describe(last)}`);
  }),
  requirement("ws.ping", { slow: true }, async (server) => {
    const connection = await server.session({ deadlineMs: server.deadlineMs + 2 * pingMs, reportPings: true });
    for (const which of ["a first", "a second"]) {
      const arrival = await connection.next(`${which} ping within 20 seconds`);
      expectThat(arrival.kind === "ping", `expected ${which} ping on a silent connection, got ${describe(arrival)}`);
    }
  }),
  requirement("ws.dead-peer", { slow: true }, async (server) => {
    const options = { deadlineMs: server.deadlineMs + 4 * pingMs, reportPings: true, answerPings: false };
    const connection = await server.session(options);
    for (let pings = 0; ; pings++) {
      const arrival = await connection.next("the end of a connection that does not answer pings");
      if (arrival.kind === "end" || arrival.kind === "close") return;
      expectThat(
        pings < unansweredAtMost,
        `expected the connection to be ended after two unanswered pings, got another after ${unansweredAtMost} of them`,
      );
    }
  }),
  requirement("ws.dead-peer-paused", { mode: "simulation", slow: true }, async (server) => {
    const slow = server.actions.scripted("slow");
    const silent = await server.session({ deadlineMs: server.deadlineMs + 2 * pingMs, reportPings: true });
    const intervalMs = await pingInterval(silent);
    await silent.close();

    // More than 32 messages wait until all actions are done, and that is after three pings or more.
    const actions = Math.ceil((3.5 * intervalMs) / slowestMs);
    const connection = await server.session();
    await server.reset(connection);
    for (let sent = 0; sent < actions; sent++) connection.send({ type: "step", data: slow });
    for (let sent = 0; sent < 64; sent++) connection.send(unknown);
    for (let taken = 0; taken < actions + 64; taken++)
      await connection.message("a reply from a server that has stopped reading");
  }),
];

/** How long the server waits between two pings, in milliseconds. Not applicable where it sends none. */
async function pingInterval(connection: Connection): Promise<number> {
  try {
    await connection.next("a ping");
    const first = performance.now();
    await connection.next("a second ping");
    return performance.now() - first;
  } catch (reason) {
    throw new NotApplicable("the server does not ping, so it cannot take a peer for dead", { cause: reason });
  }
}

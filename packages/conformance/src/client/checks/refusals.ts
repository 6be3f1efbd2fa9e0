import { expectThat } from "../../expect.ts";
import { notApplicable } from "../../verdict.ts";
import { askState, type Client, requirement, reset, step, tell } from "../client.ts";
import type { Command, Failure } from "../command.ts";
import { errorMessage } from "../right-answers.ts";
import type { ScriptedServer } from "../scripted-server.ts";
import type { ClientSocket } from "../scripted-socket.ts";
import { isWs } from "./exercise.ts";

const full = errorMessage("CAPACITY_REACHED", { active_sessions: 4, max_sessions: 4 });
const second = 1000;
/** Timers of some languages fire a little early. */
const slackMs = 20;

/** A server that refuses every session, and ends the connection with `end` at the client's first message. */
function serveRefusals(client: Client, end: (socket: ClientSocket) => void): Promise<ScriptedServer> {
  return client.serve({
    onOpen: (socket) => socket.send(full),
    onMessage: (_, socket) => {
      end(socket);
      return "silence";
    },
  });
}

/** What a client tells its caller about a refusal, at the connecting or at the first message. */
async function refused(client: Client, server: ScriptedServer, first: Command): Promise<Failure> {
  const connected = await client.give({ command: "connect", url: server.url });
  return connected.ok ? client.fail(first) : connected.error;
}

function expectRefusal(what: string, { kind, code, message }: Failure): void {
  expectThat(
    kind === "protocol" && (code === undefined || code === "CAPACITY_REACHED"),
    `${what}: expected the server's CAPACITY_REACHED, got ${tell({ kind, message, ...(code === undefined ? {} : { code }) })}`,
  );
}

/** Holds it against the client if it opened a connection too soon after `since`; all are times in milliseconds. */
function expectPause(since: number, opened: readonly number[]): void {
  const next = opened.find((at) => at > since);
  if (next === undefined) return;
  const waited = next - since;
  expectThat(
    waited >= second - slackMs,
    `the client connected again by itself after ${Math.round(waited)} milliseconds`,
  );
}

/** What a client makes of a server that has no room, or shuts down. */
export const refusalChecks = [
  requirement("ws.unsolicited-error", async (client) => {
    for (const first of [reset(), step(), askState]) {
      const server = await serveRefusals(client, (socket) => socket.close(1013));
      expectRefusal(`an error before the first ${first.command}`, await refused(client, server, first));
    }
  }),
  requirement("error.close-unknown", async (client) => {
    for (const code of [1000, 1001, 1008, 1011, 1012, 1013, 3000, 4999, undefined]) {
      const server = await serveRefusals(client, (socket) => socket.close(code));
      const error = await refused(client, server, reset());
      expectRefusal(`a refusal that was closed ${code === undefined ? "without a code" : `with ${code}`}`, error);
    }
  }),
  requirement("ws.refused-pause", async (client) => {
    const opened: number[] = [];
    const server = await client.serve({
      onOpen: (socket) => {
        // A client may open one at /mcp as well, and that is not again.
        if (isWs(socket)) opened.push(performance.now());
        socket.send(full);
      },
      onMessage: (_, socket) => {
        socket.close(1013);
        return "silence";
      },
    });
    await client.give({ command: "connect", url: server.url });
    for (const command of [reset(), reset()]) await client.give(command);
    expectPause(opened[0] ?? notApplicable("the client does not use the WebSocket"), opened);
  }),
  requirement("ws.shutdown-pause", async (client) => {
    const opened: number[] = [];
    const server = await client.serve({
      onOpen: (socket) => {
        if (isWs(socket)) opened.push(performance.now());
      },
    });
    await client.connect(server);
    await client.do(reset());
    const [socket] = server.sockets;
    const closedAt = performance.now();
    socket?.close(1012);
    await server.mayBe(() => socket?.left !== false);
    for (const command of [step(), reset()]) await client.give(command);
    expectPause(closedAt, opened);
  }),
];

import { expectThat } from "../../expect.ts";
import { notApplicable, violated } from "../../verdict.ts";
import { type Client, requirement, reset, step, tell } from "../client.ts";
import type { Command, Failure } from "../command.ts";
import { errorMessage } from "../right-answers.ts";
import type { ScriptedServer } from "../scripted-server.ts";
import type { ClientSocket } from "../scripted-socket.ts";
import { isWs } from "./exercise.ts";

const full = errorMessage("CAPACITY_REACHED", { active_sessions: 4, max_sessions: 4 });
const second = 1000;
/** Timers of some languages fire a little early. */
const slackMs = 20;

/**
 * A server that refuses the first session, and ends its connection with `end` at the client's first message. Further ones it takes,
 * so that a client which tries again by itself comes to an end.
 */
async function serveRefusal(
  client: Client,
  end: (socket: ClientSocket) => void,
  onOpen: () => void = () => undefined,
): Promise<ScriptedServer> {
  let refused: ClientSocket | undefined;
  return client.serve({
    onOpen: (socket) => {
      // A client may open one at /mcp as well: that is not the same again.
      if (!isWs(socket)) return;
      onOpen();
      if (refused === undefined) socket.send(full);
      refused ??= socket;
    },
    onMessage: (_, socket) => {
      if (socket !== refused) return undefined;
      end(socket);
      return "silence";
    },
  });
}

/** What a client tells its caller about a refusal, at the connecting or at the first message; undefined if it tried again. */
async function refused(client: Client, server: ScriptedServer, first: Command): Promise<Failure | undefined> {
  const connected = await client.give({ command: "connect", url: server.url });
  const result = connected.ok ? await client.give(first) : connected;
  if (!result.ok) return result.error;
  if (server.sockets.filter(isWs).length > 1) return undefined;
  return violated(`${first.command} succeeded in a session that was refused`);
}

function expectRefusal(what: string, failure: Failure | undefined): void {
  if (failure === undefined) return;
  const { kind, code } = failure;
  expectThat(
    kind === "protocol" && (code === undefined || code === "CAPACITY_REACHED"),
    `${what}: expected the server's CAPACITY_REACHED, got ${tell(failure)}`,
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
    for (const first of [reset(), step()]) {
      const server = await serveRefusal(client, (socket) => socket.close(1013));
      expectRefusal(`an error before the first ${first.command}`, await refused(client, server, first));
    }
  }),
  requirement("error.close-unknown", async (client) => {
    for (const code of [1000, 1001, 1008, 1011, 1012, 1013, 3000, 4999, undefined]) {
      const server = await serveRefusal(client, (socket) => socket.close(code));
      const error = await refused(client, server, reset());
      expectRefusal(`a refusal that was closed ${code === undefined ? "without a code" : `with ${code}`}`, error);
    }
  }),
  requirement("ws.refused-pause", async (client) => {
    const opened: number[] = [];
    const server = await serveRefusal(
      client,
      (socket) => socket.close(1013),
      () => opened.push(performance.now()),
    );
    await client.give({ command: "connect", url: server.url });
    await client.give(reset());
    await server.mayBe(() => server.sockets[0]?.left !== false);
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

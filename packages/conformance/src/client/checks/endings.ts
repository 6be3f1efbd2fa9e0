import { expectThat } from "../../expect.ts";
import { isObject, type JsonObject, show } from "../../json.ts";
import { expectEqual, notApplicable, violated } from "../../verdict.ts";
import { encodeFrame, opcode } from "../../wire/frames.ts";
import { type Client, requirement, reset, step, tell } from "../client.ts";
import { observation, outcome } from "../right-answers.ts";
import type { ScriptedServer, ServerScript } from "../scripted-server.ts";
import type { ClientSocket } from "../scripted-socket.ts";

/** How a server ends a connection. Undefined as the code is a closing frame without one. */
const endings: readonly { name: string; end: (socket: ClientSocket) => void }[] = [
  ...[1000, 1001, 1011, 1012, 4000].map((code) => ({
    name: `closed with ${code}`,
    end: (socket: ClientSocket) => socket.close(code),
  })),
  { name: "closed without a code", end: (socket) => socket.close(undefined) },
  { name: "the end of the stream without a goodbye", end: (socket) => socket.destroy() },
  {
    name: "the end of the stream in the middle of a reply",
    end: (socket) => {
      const frame = encodeFrame({ opcode: opcode.text, payload: JSON.stringify(observation(outcome({}, 1))) });
      void socket.sendBytes(frame.subarray(0, 20)).then(() => socket.destroy());
    },
  },
];

/** Serves, connects and resets. */
async function play(client: Client, script: ServerScript): Promise<{ server: ScriptedServer; socket: ClientSocket }> {
  const server = await client.serve(script);
  await client.connect(server);
  await client.do(reset());
  const [socket] = server.sockets;
  return { server, socket: socket ?? notApplicable("the client does not use the WebSocket") };
}

const stepsOf = (socket: ClientSocket): readonly JsonObject[] =>
  socket.messages.filter(({ type, data }) => type === "step" && isObject(data) && data.type !== "list_tools");

/** How a client ends a session, or takes its end. */
export const endingChecks = [
  requirement("ws.give-up", async (client) => {
    let late = (): void => undefined;
    let asked: ClientSocket | undefined;
    const { server, socket } = await play(client, {
      onMessage: ({ type }, socket) => {
        if (type !== "step" || (asked !== undefined && socket !== asked)) return undefined;
        asked = socket;
        late = () => socket.send(observation(outcome({ late: true })));
        return "silence";
      },
    });
    const error = await client.fail({ ...step(), timeout_s: 0.3 });
    expectEqual("the kind of the error after a wait in vain", error.kind, "timeout");
    await server.mayBe(() => asked !== undefined || socket.left);
    if (asked === undefined) notApplicable("the client gave up before it had sent its step");
    const before = socket.messages.length;
    // It may close late, but it must not go on: the reply to this would be that of the step.
    const next = client.give(step());
    await server.until(
      () => socket.left || socket.messages.slice(before).some(({ type }) => type !== "close"),
      "the closing of the connection on which the client gave up on a reply",
    );
    const after = socket.messages.slice(before).find(({ type }) => type !== "close");
    late();
    await next;
    expectThat(after === undefined, `on the connection where the client gave up, it went on with ${show(after)}`);
  }),
  requirement("ws.no-resend", async (client) => {
    for (const { name, end } of endings) {
      const { server } = await play(client, {
        onMessage: ({ type }, socket) => {
          if (type !== "step") return undefined;
          end(socket);
          return "silence";
        },
      });
      await client.give(step({ once: name }));
      await client.give(reset());
      const sent = server.sockets.flatMap(stepsOf).length;
      expectThat(sent <= 1, `${name}: the client sent the same action ${sent} times`);
    }
  }),
  requirement("ws.lost-session", async (client) => {
    for (const { name, end } of endings) {
      const { server, socket } = await play(client, {});
      end(socket);
      // Some clients read only while they wait for a reply.
      await server.mayBe(() => socket.left);
      // The first may be on its way before the client has learnt of the end.
      for (const after of ["first", "second"]) await client.give(step({ after }));
      const blind = server.sockets
        .slice(1)
        .filter(({ target }) => !target.includes("session_id="))
        .find(({ messages: [first] }) => first !== undefined && first.type !== "reset");
      expectThat(
        blind === undefined,
        `${name}: the client went on in a new session as if it were the old one, with ${show(blind?.messages[0])}`,
      );
    }
  }),
  requirement("ws.surplus-reply", async (client) => {
    const surplus: readonly JsonObject[] = [
      observation(outcome({ surplus: true })),
      { type: "state", data: { episode_id: "surplus", step_count: 7 } },
      { type: "mcp", data: { jsonrpc: "2.0", id: 1, result: {} } },
    ];
    for (const reply of surplus) {
      let first: ClientSocket | undefined;
      const { server, socket } = await play(client, {
        onMessage: ({ type }, socket) => {
          first ??= socket;
          return type === "step" && socket === first ? "silence" : undefined;
        },
      });
      socket.send(reply);
      const stepped = client.give(step());
      const name = `an ${reply.type} that answers nothing`;
      const result = await Promise.race([
        stepped,
        server.until(() => socket.left, `the closing of the connection after ${name}`).then(() => stepped),
      ]);
      expectThat(!result.ok || server.sockets.length > 1, `${name} was taken for the reply to the next step`);
      await server.until(() => socket.left, `the closing of the connection after ${name}`);
    }
  }),
  requirement("session.attach-look", async (client) => {
    const server = await client.serve();
    await client.connect(server, { session_id: client.mark() });
    await client.do(reset());
    const [socket] = server.sockets;
    socket?.destroy();
    // The first may be on its way before the client has learnt of the end.
    for (const after of ["first", "second"]) await client.give(step({ after }));
    const again = server.sockets.slice(1).find(({ target }) => target.includes("session_id="));
    if (again === undefined) notApplicable("the client does not attach again by itself");
    const { messages } = again;
    const acted = messages.findIndex(({ type }) => type === "step");
    const looked = messages.findIndex(({ type }) => type === "state" || type === "reset");
    expectThat(
      acted < 0 || (looked >= 0 && looked < acted),
      `attached again, the client sent ${show(messages[acted])} before it asked for the state`,
    );
  }),
  requirement("ws.ping-client", async (client) => {
    const most = 33;
    const replies: (() => void)[] = [];
    const server = await client.serve({
      answersPings: () => replies.length < most,
      onMessage: ({ type }, socket) => {
        if (type !== "step") return undefined;
        replies.push(() => socket.send(observation(outcome({}))));
        return "silence";
      },
    });
    const concurrent = await client.connect(server, { ping_interval_s: 0.2 });
    if (!concurrent) notApplicable("the client sends one message at a time");
    await client.do(reset());
    const asked = Array.from({ length: most }, () => client.give(step()));
    await server.mayBe(() => replies.length === most);
    if (replies.length < most) notApplicable("the client has fewer than 32 messages under way");
    const [socket] = server.sockets;
    const pingsSent = (): number => socket?.arrivals.filter(({ kind }) => kind === "ping").length ?? 0;
    const answered = pingsSent();
    const pings = (): number => pingsSent() - answered;
    // A client that sends no pings while so many messages wait conforms as well.
    for (let awaited = 1; awaited <= 6; awaited++)
      await server.mayBe(() => pings() >= awaited || socket?.left !== false);
    for (const reply of replies) reply();
    const failed = (await Promise.all(asked)).find(({ ok }) => !ok);
    if (failed !== undefined && !failed.ok)
      violated(
        `the client gave the connection up after ${pings()} pings, while ${most} messages waited: ${tell(failed.error)}`,
      );
  }),
];

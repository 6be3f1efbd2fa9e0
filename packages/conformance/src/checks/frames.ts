import { checksOf } from "../check.ts";
import { expectErrorCode, expectThat } from "../expect.ts";
import { show } from "../json.ts";
import { type Connection, describe } from "../wire/connection.ts";
import { closePayload, type FrameOptions, opcode } from "../wire/frames.ts";
import { expectAlive, unknown } from "./alive.ts";
import { expectStanding, freshId } from "./standing.ts";

const requirement = checksOf("core");

/** Fragments from one ping to the next: a server may defend itself against a flood of pings. */
const pingEach = 8;

/** Sends a text in the pieces given, with what `between` sends now and then among them. */
function sendPieces(connection: Connection, pieces: readonly Buffer[], between: () => void = () => undefined): void {
  for (const [index, payload] of pieces.entries()) {
    const fin = index === pieces.length - 1;
    connection.sendFrame({ opcode: index === 0 ? opcode.text : opcode.continuation, fin, payload });
    if (!fin && index % pingEach === 0) between();
  }
}

/** Cuts a text into pieces of `size` bytes, also within characters. */
function pieces(text: string, size: number): Buffer[] {
  const bytes = Buffer.from(text, "utf8");
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
}

/** What no peer may send, by RFC 6455, each in one way. */
const breaches: readonly (readonly [string, readonly FrameOptions[]])[] = [
  ["a text frame without a mask", [{ opcode: opcode.text, payload: '{"type":"state"}', maskKey: undefined }]],
  ["a ping without a mask", [{ opcode: opcode.ping, maskKey: undefined }]],
  ["a frame with the reserved bit 1 set", [{ opcode: opcode.text, rsv: 4, payload: "{}" }]],
  ["a frame with the reserved bit 3 set", [{ opcode: opcode.text, rsv: 1, payload: "{}" }]],
  ["a frame with the reserved opcode 3", [{ opcode: 3, payload: "{}" }]],
  ["a frame with the reserved opcode 15", [{ opcode: 15 }]],
  ["a ping of 126 bytes", [{ opcode: opcode.ping, payload: Buffer.alloc(126) }]],
  ["a ping in fragments", [{ opcode: opcode.ping, fin: false }]],
  ["a continuation of nothing", [{ opcode: opcode.continuation, payload: "{}" }]],
  [
    "a message that begins within another",
    [
      { opcode: opcode.text, fin: false, payload: "{" },
      { opcode: opcode.text, payload: "}" },
    ],
  ],
  ["a closing frame of one byte", [{ opcode: opcode.close, payload: Buffer.alloc(1) }]],
  ["a closing frame with code 999", [{ opcode: opcode.close, payload: closePayload(999) }]],
  ["a closing frame with code 1005", [{ opcode: opcode.close, payload: closePayload(1005) }]],
];

/** Frames as RFC 6455 has them, and as it forbids them. */
export const frameChecks = [
  requirement("ws.utf8", async (server) => {
    const connection = await server.session();
    const { mode } = server.facts;
    for (const sent of [
      '{"type":"ünïcödé \u{1f3b2}"}',
      '{"type":"\\ud83c\\udfb2 \\u0000"}',
      '{"type":"half a pair: \\ud800"}',
      "not json: ünïcödé \u{1f3b2}",
      '{"type":"state"}',
    ])
      await connection.ask(sent);
    if (mode === "production") return;
    const episode_id = `${freshId()} ünïcödé \u{1f3b2}`;
    await server.reset(connection, { episode_id });
    const { episode_id: told } = await server.state(connection);
    expectThat(told === episode_id, `expected the episode_id ${episode_id} as UTF-8, got ${show(told)}`);
  }),
  requirement("ws.fragments", async (server) => {
    const connection = await server.session();
    const text = '{"type":"in pieces \u{1f3b2}\u{1f3b2} ü"}';
    const empty = Buffer.alloc(0);
    const cuts = [pieces(text, 1), pieces(text, 7), [empty, ...pieces(text, 20), empty], [Buffer.from(text), empty]];
    const controls = (): void => {
      connection.sendFrame({ opcode: opcode.ping, payload: "between" });
      connection.sendFrame({ opcode: opcode.pong });
    };
    for (const between of [undefined, controls])
      for (const cut of cuts) {
        sendPieces(connection, cut, between);
        expectErrorCode(await connection.message("the reply to a message in fragments"), "UNKNOWN_TYPE");
        expectErrorCode(await connection.ask(unknown), "UNKNOWN_TYPE");
      }
    await expectAlive(server, connection);
    if (server.facts.mode === "production") return;
    const episode_id = `${freshId()} in pieces \u{1f3b2} ü`;
    const data = { ...server.actions.script.reset, episode_id };
    sendPieces(connection, pieces(JSON.stringify({ type: "reset", data }), 1), controls);
    await connection.message("the reply to a reset in fragments");
    await expectStanding(server, connection, "after a reset in fragments", { episode_id, step_count: 0 });
  }),
  requirement("ws.broken-frames", async (server) => {
    for (const [what, frames] of breaches) {
      const connection = await server.session();
      for (const frame of frames) connection.sendFrame(frame);
      const arrival = await connection.next(`the answer to ${what}`);
      expectThat(
        arrival.kind === "close" && arrival.code === 1002,
        `after ${what}: expected a close with code 1002, got ${describe(arrival)}`,
      );
      await connection.close();
    }
  }),
];

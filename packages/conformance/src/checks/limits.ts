import { checksOf } from "../check.ts";
import { expectErrorCode, expectThat } from "../expect.ts";
import { notApplicable, violated } from "../verdict.ts";
import { type Connection, describe } from "../wire/connection.ts";
import { opcode } from "../wire/frames.ts";
import { expectAlive } from "./alive.ts";

const requirement = checksOf("core");

const mebibyte = 2 ** 20;
/** What every server takes unless its operator set another limit, in bytes. */
const limit = 16 * mebibyte;
/** Where a server has no limit at all, somebody must stop, in bytes. */
const enough = 128 * mebibyte;

/** A message of an unknown type, this many bytes long. */
function messageOfSize(bytes: number): string {
  const [before, after] = ['{"type":"conformance-size","data":"', '"}'];
  return before + "x".repeat(bytes - before.length - after.length) + after;
}

/**
 * Sends a fragment and waits until the peer has read it: with all that was sent read, its close frame cannot be lost. False where the
 * peer closed with 1009 instead; with another code is a violation.
 */
async function taken(connection: Connection, frame: { opcode: number; payload: Buffer | string }): Promise<boolean> {
  connection.sendFrame({ ...frame, fin: false });
  connection.sendFrame({ opcode: opcode.ping, payload: "read?" });
  const arrival = await connection.next("a pong after a fragment");
  if (arrival.kind === "pong") return true;
  if (arrival.kind === "close" && arrival.code === 1009) return false;
  return violated(`a message above the limit: expected a close with code 1009, got ${describe(arrival)}`);
}

/** Texts that are not UTF-8, each in one way; the pieces are sent as fragments. */
const notUtf8: readonly (readonly [string, readonly Buffer[]])[] = [
  ["the byte ff", [Buffer.from([0xff])]],
  ["a continuation byte alone", [Buffer.from([0x80])]],
  ["an overlong slash", [Buffer.from([0xc0, 0xaf])]],
  ["a surrogate", [Buffer.from([0xed, 0xa0, 0x80])]],
  ["a code point above U+10FFFF", [Buffer.from([0xf4, 0x90, 0x80, 0x80])]],
  ["a character that breaks off", [Buffer.from([0xe2, 0x82])]],
  ["a character that breaks off at a fragment's end", [Buffer.from([0xe2, 0x82]), Buffer.from("x")]],
];

/** What a server need not take. */
export const limitChecks = [
  requirement("ws.size-accept", async (server) => {
    if (server.actions.script.messageLimitBytes !== undefined)
      notApplicable("the operator set a limit, which `messageLimitBytes` of the script tells");
    // Through a slow network, that much takes a while.
    const connection = await server.session({ deadlineMs: 6 * server.deadlineMs });
    const text = messageOfSize(limit);
    expectErrorCode(await connection.ask(text), "UNKNOWN_TYPE");
    const bytes = Buffer.from(text);
    for (let start = 0; start < limit; start += mebibyte) {
      const payload = bytes.subarray(start, start + mebibyte);
      const kind = start === 0 ? opcode.text : opcode.continuation;
      connection.sendFrame({ opcode: kind, fin: start + mebibyte === limit, payload });
    }
    const reply = await connection.message("the reply to a message of 16 MiB in fragments");
    expectErrorCode(reply, "UNKNOWN_TYPE");
    await expectAlive(server, connection);
  }),
  requirement("ws.size-close", async (server) => {
    const connection = await server.session();
    const payload = Buffer.alloc(mebibyte, "x");
    let kind: number = opcode.text;
    for (let sent = 0; sent < limit; sent += mebibyte) {
      // A smaller limit is the operator's.
      if (!(await taken(connection, { opcode: kind, payload }))) return;
      kind = opcode.continuation;
    }
    if (!(await taken(connection, { opcode: kind, payload: "x" }))) return;
    // So is a larger one; but there is one.
    for (let sent = limit; sent < enough; sent += mebibyte)
      if (!(await taken(connection, { opcode: kind, payload }))) return;
    violated(`expected a close with code 1009; the server took a message of ${enough} bytes and more`);
  }),
  requirement("ws.utf8-close", async (server) => {
    for (const [what, parts] of notUtf8) {
      const connection = await server.session();
      const frames = [Buffer.from('{"type":"state'), ...parts, Buffer.from('"}')];
      // Within a string of JSON in one frame, and as fragments of their own.
      const cuts = parts.length === 1 ? [Buffer.concat(frames)] : frames;
      for (const [index, payload] of cuts.entries())
        connection.sendFrame({
          opcode: index === 0 ? opcode.text : opcode.continuation,
          fin: index === cuts.length - 1,
          payload,
        });
      const arrival = await connection.next(`the answer to text with ${what}`);
      expectThat(
        arrival.kind === "close" && arrival.code === 1007,
        `a text with ${what}: expected a close with code 1007, got ${describe(arrival)}`,
      );
      await connection.close();
    }
  }),
];

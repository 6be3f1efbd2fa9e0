import { checksOf } from "../check.ts";
import { expectErrorCode, expectObject, expectThat } from "../expect.ts";
import { isObject, type Json, show } from "../json.ts";
import { violated } from "../verdict.ts";
import type { Connection } from "../wire/connection.ts";
import { resetText } from "./reset-text.ts";

const requirement = checksOf("core");
const mode = "simulation";

async function expectReset(connection: Connection, text: string): Promise<void> {
  const reply = await connection.ask(text);
  expectThat(reply.type === "observation", `expected an observation, got ${show(reply)}`);
}

/** A value, and the same with the keys of every object in the other order. */
function reversed(value: Json | undefined): Json | undefined {
  if (!isObject(value)) return value;
  const entries = Object.entries(value).reverse();
  return Object.fromEntries(entries.map(([key, each]) => [key, reversed(each)]));
}

/** Lists within lists. */
const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);

/** Larger integers than this are rounded by parsers that hold numbers as doubles. */
const largestSafe = BigInt(Number.MAX_SAFE_INTEGER);

/** Integers of a JSON text that a double cannot hold for sure. */
function unsafeIntegers(text: string): string[] {
  const numbers = text.replaceAll(/"(?:[^"\\]|\\.)*"/gu, '""').match(/-?\d+(?![\d.eE])(?<![.eE+][\d]*)/gu) ?? [];
  return numbers.filter((each) => BigInt(each.replace("-", "")) > largestSafe);
}

/** How JSON is read and written where RFC 8259 leaves a choice. */
export const jsonChecks = [
  requirement("json.key-order", { mode }, async (server) => {
    const connection = await server.session();
    const data = { ...server.resetOptions, seed: 1, episode_id: "in the other order" };
    const reply = await connection.ask(JSON.stringify(reversed({ type: "reset", data })));
    expectThat(reply.type === "observation", `a reset with its keys in the other order: got ${show(reply)}`);
    const { episode_id } = await server.state(connection);
    expectThat(episode_id === data.episode_id, `expected the episode_id that was sent, got ${show(episode_id)}`);
  }),
  requirement("json.last-key", { mode }, async (server) => {
    const connection = await server.session();
    await expectReset(connection, resetText(server, '"episode_id":"first","episode_id":"last"'));
    const { episode_id } = await server.state(connection);
    expectThat(episode_id === "last", `of two episode_id, "first" and "last": got ${show(episode_id)}`);
  }),
  requirement("json.any-key", { mode }, async (server) => {
    const connection = await server.session();
    expectErrorCode(await connection.ask('{"__proto__":{"type":"state"}}'), "UNKNOWN_TYPE");
    await expectReset(connection, resetText(server, '"__proto__":{"episode_id":"inherited"},"constructor":1'));
    const { episode_id } = await server.state(connection);
    expectThat(episode_id !== "inherited", "the episode has the id that stood under the key __proto__");
  }),
  requirement("json.no-literals", { mode }, async (server) => {
    const connection = await server.session();
    for (const literal of ["NaN", "Infinity", "-Infinity"]) {
      expectErrorCode(await connection.ask(literal), "INVALID_JSON");
      expectErrorCode(await connection.ask(resetText(server, `"seed":${literal}`)), "INVALID_JSON");
    }
  }),
  requirement("json.numbers", { mode }, async (server) => {
    const connection = await server.session();
    for (const seed of ["50", "50.0", "5e1", "5.0E+1"])
      await expectReset(connection, resetText(server, `"seed":${seed}`));
  }),
  requirement("json.integers", { mode }, async (server) => {
    const connection = await server.session();
    connection.send(resetText(server, ""));
    connection.send({ type: "step", data: await server.actions.valid() });
    connection.send({ type: "state" });
    for (const awaited of ["the reply to reset", "the reply to step", "the reply to state"]) {
      const arrival = await connection.next(awaited);
      if (arrival.kind !== "text") violated(`${awaited}: expected a text message`);
      const [unsafe] = unsafeIntegers(arrival.text);
      expectThat(unsafe === undefined, `${awaited} holds the integer ${unsafe}`);
    }
  }),
  requirement("json.strings", { mode }, async (server) => {
    const connection = await server.session();
    for (const episode_id of ["e\u0301 \u00e9", "\u212b \ufb01", "\u{1f600}", "\u2028\u0000\u007f", " spaces "]) {
      await server.reset(connection, { episode_id });
      const told = (await server.state(connection)).episode_id;
      expectThat(told === episode_id, `expected the episode_id ${show(episode_id)}, got ${show(told)}`);
    }
  }),
  requirement("json.characters", { mode }, async (server) => {
    const connection = await server.session();
    await server.reset(connection, { episode_id: "\u{1f600}".repeat(255) });
    const data = { ...server.resetOptions, episode_id: "\u{1f600}".repeat(256) };
    expectErrorCode(await connection.ask({ type: "reset", data }), "VALIDATION_ERROR");
  }),
  requirement("json.depth", { mode }, async (server) => {
    // Two levels are the message and its data.
    await expectReset(await server.session(), resetText(server, `"conformance_depth":${nested(62)}`));
  }),
  requirement("json.deep-harmless", { mode }, async (server) => {
    const connection = await server.session();
    await connection.ask(resetText(server, `"conformance_depth":${nested(100_000)}`));
    expectObject("the state after a text that is nested too deep", await server.state(connection));
  }),
];

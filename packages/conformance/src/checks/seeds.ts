import { checksOf } from "../check.ts";
import { expectErrorCode, expectThat } from "../expect.ts";
import { type Json, type JsonObject, show } from "../json.ts";
import type { Server } from "../server.ts";
import { notApplicable, sameJson, violated } from "../verdict.ts";
import { disownsSeeds, drawActions, play, warningsOf } from "./play.ts";
import { resetText } from "./reset-text.ts";

const requirement = checksOf("core");
const mode = "simulation";

/** One seed's episode as it went in two sessions, one after the other, each time `times` times in a row. */
async function playSessions(server: Server, times: number): Promise<readonly (readonly Json[])[]> {
  const actions = await drawActions(server);
  const played: (readonly Json[])[] = [];
  for (let session = 0; session < 2; session++) {
    const connection = await server.session();
    for (let episode = 0; episode < times; episode++) played.push(await play(server, connection, { seed: 7 }, actions));
    await connection.close();
  }
  return played;
}

/** Seeds of a reset at `/ws`. */
export const seedChecks = [
  requirement("episode.seed-range", { mode }, async (server) => {
    const connection = await server.session();
    const { MAX_SAFE_INTEGER: most, MIN_SAFE_INTEGER: least } = Number;
    for (const seed of [0, 1, -1, 42, 2 ** 31, 2 ** 32, 2 ** 53 - 2, most, least, "42.0", "4.2e1", "-0", "4200e-2"]) {
      const reply = await connection.ask(resetText(server, `"seed":${seed}`));
      expectThat(reply.type === "observation", `the seed ${seed}: expected an observation, got ${show(reply)}`);
    }
  }),
  requirement("episode.seed-unsafe", { mode }, async (server) => {
    const connection = await server.session();
    const unsafe = [
      "9007199254740992",
      "-9007199254740992",
      "9007199254740993",
      "123456789012345678901234567890",
      "1e300",
    ];
    for (const seed of unsafe) {
      const data = expectErrorCode(await connection.ask(resetText(server, `"seed":${seed}`)), "VALIDATION_ERROR");
      const { message, errors } = data;
      expectThat(
        JSON.stringify([message, errors]).includes("seed"),
        `the seed ${seed}: expected an error that names seed, got ${show(data)}`,
      );
    }
  }),
  requirement("episode.seed-type", { mode }, async (server) => {
    const connection = await server.session();
    for (const seed of [
      '"42"',
      '"seven"',
      '""',
      "true",
      "false",
      "1.5",
      "42.000001",
      "[]",
      "[42]",
      "{}",
      '{"value":42}',
    ]) {
      const reply = await connection.ask(resetText(server, `"seed":${seed}`));
      expectThat(
        reply.type === "error",
        `the seed ${seed}, neither an integer nor null: expected VALIDATION_ERROR, got ${show(reply)}`,
      );
      expectErrorCode(reply, "VALIDATION_ERROR");
    }
    for (const seed of ["null", "42.0"]) {
      const reply = await connection.ask(resetText(server, `"seed":${seed}`));
      expectThat(reply.type === "observation", `the seed ${seed}: expected an observation, got ${show(reply)}`);
    }
  }),
  requirement("episode.seed-zero", { mode }, async (server) => {
    const connection = await server.session();
    const warned = async (options: JsonObject): Promise<boolean> =>
      warningsOf(await server.reset(connection, options)).length > 0;
    if ((await warned({ seed: 1 })) && !(await warned({}))) {
      expectThat(await warned({ seed: 0 }), "expected the warning that any other seed has, for the seed 0 too");
      return;
    }
    const actions = await drawActions(server, 1);
    const allSame = async (options: JsonObject): Promise<boolean> => {
      const first = await play(server, connection, options, actions);
      for (let again = 0; again < 2; again++)
        if (!sameJson(await play(server, connection, options, actions), first)) return false;
      return true;
    };
    if (await allSame({})) notApplicable("episodes are the same with and without a seed here");
    if (!(await allSame({ seed: 1 }))) notApplicable("the environment does not repeat its episodes");
    expectThat(await allSame({ seed: 0 }), "expected the same episode for the seed 0 each time, as for other seeds");
  }),
  requirement("episode.seed-repeat", { mode }, async (server) => {
    const connection = await server.session();
    if (await disownsSeeds(server, connection)) notApplicable("the server warns that seeds have no effect here");
    await connection.close();
    const [first = [], ...others] = await playSessions(server, 2);
    for (const other of others)
      if (!sameJson(first, other))
        violated(`expected the same episode for the same seed, got ${show(first)} and ${show(other)}`);
  }),
  requirement("episode.seed-history", { mode }, async (server) => {
    const connection = await server.session();
    const actions = await drawActions(server);
    const first = await play(server, connection, { seed: 7 }, actions);
    if (await disownsSeeds(server, connection)) notApplicable("the server warns that seeds have no effect here");
    for (const options of [{}, { seed: 8 }, {}]) await play(server, connection, options, actions);
    const later = await play(server, connection, { seed: 7 }, actions);
    if (!sameJson(first, later))
      violated(`expected the same episode for the same seed after others, got ${show(first)} and ${show(later)}`);
  }),
  requirement("episode.seed-unhonoured", { mode }, async (server) => {
    const [first, second] = await playSessions(server, 1);
    if (sameJson(first, second)) notApplicable("the environment repeats its episodes");
    const connection = await server.session();
    expectThat(
      await disownsSeeds(server, connection),
      `expected a warning, as the same seed gave ${show(first)} and ${show(second)}`,
    );
  }),
];

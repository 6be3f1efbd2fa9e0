import { checksOf } from "../check.ts";
import { expectErrorCode, expectThat } from "../expect.ts";
import { show } from "../json.ts";
import { drawActions, staysUndisturbed } from "./play.ts";
import { expectStanding, freshId, standing } from "./standing.ts";

const requirement = checksOf("core");
const mode = "simulation";

/** Resets, and the `episode_id` that they give. */
export const episodeChecks = [
  requirement("episode.reset-any-time", { mode }, async (server) => {
    const connection = await server.session();
    await server.reset(connection);
    await server.reset(connection);
    const [action = {}] = await drawActions(server, 1);
    await connection.ask({ type: "step", data: action });
    await server.reset(connection);
    const { finishes } = server.actions.script;
    if (finishes === undefined) return;
    await server.step(connection, finishes);
    await server.reset(connection);
  }),
  requirement("episode.reset-count", { mode }, async (server) => {
    const connection = await server.session();
    for (let steps = 0; steps < 3; steps++) {
      await server.reset(connection);
      const { step_count } = await server.state(connection);
      expectThat(step_count === 0, `expected a step_count of 0 after a reset, got ${show(step_count)}`);
      await connection.ask({ type: "step", data: await server.actions.valid() });
    }
  }),
  requirement("episode.reset-id", { mode }, async (server) => {
    const connection = await server.session();
    const ids = [
      freshId(),
      "run 7/episode-3",
      "ünïcödé \u{1f3b2}",
      "e".repeat(255),
      "\u{1f3b2}".repeat(255),
      "0",
      "null",
    ];
    for (const episode_id of ids) {
      await server.reset(connection, { episode_id });
      await expectStanding(server, connection, "after a reset with that episode_id", { episode_id, step_count: 0 });
    }
    const episode_id = freshId();
    await server.reset(connection, { episode_id });
    await connection.ask({ type: "step", data: await server.actions.valid() });
    const state = await server.state(connection);
    expectThat(
      state.episode_id === episode_id,
      `expected the episode_id ${episode_id} after a step, got ${show(state)}`,
    );
  }),
  requirement("episode.reset-id-made", { mode }, async (server) => {
    const seen = new Set<unknown>();
    for (let session = 0; session < 2; session++) {
      const connection = await server.session();
      const named = freshId();
      await server.reset(connection, { episode_id: named });
      seen.add(named);
      for (const options of [{}, { episode_id: null }, { seed: 1 }, { seed: 1 }]) {
        await server.reset(connection, options);
        const { episode_id } = await server.state(connection);
        expectThat(
          typeof episode_id === "string",
          `expected an episode_id made by the server, got ${show(episode_id)}`,
        );
        expectThat(!seen.has(episode_id), `expected an episode_id of its own, got ${show(episode_id)} again`);
        seen.add(episode_id);
      }
      await connection.close();
    }
  }),
  requirement("episode.reset-id-reused", { mode }, async (server) => {
    const episode_id = freshId();
    for (let session = 0; session < 2; session++) {
      const connection = await server.session();
      for (let episode = 0; episode < 2; episode++) {
        await server.reset(connection, { episode_id });
        await expectStanding(server, connection, "after a reset with an id again", { episode_id, step_count: 0 });
        await connection.ask({ type: "step", data: await server.actions.valid() });
      }
      await connection.close();
    }
  }),
  requirement("episode.reset-id-length", { mode }, async (server) => {
    const connection = await server.session();
    for (const character of ["e", "ü", "\u{1f3b2}"])
      for (const length of [256, 5000]) {
        const data = { ...server.actions.script.reset, episode_id: character.repeat(length) };
        expectErrorCode(await connection.ask({ type: "reset", data }), "VALIDATION_ERROR");
      }
  }),
  requirement("episode.reset-refused", { mode }, async (server) => {
    const connection = await server.session();
    const { reset, invalidOption } = server.actions.script;
    const refused = [
      null,
      { ...reset, seed: "seven", episode_id: freshId() },
      { ...reset, episode_id: 7 },
      { ...reset, seed: 1, episode_id: "e".repeat(256) },
      ...(invalidOption === undefined ? [] : [{ ...reset, ...invalidOption, episode_id: freshId() }]),
    ];
    const refuse = async (): Promise<void> => {
      for (const data of refused) expectErrorCode(await connection.ask({ type: "reset", data }), "VALIDATION_ERROR");
    };
    await server.reset(connection, { episode_id: freshId() });
    await connection.ask({ type: "step", data: await server.actions.valid() });
    const before = await standing(server, connection);
    await refuse();
    await expectStanding(server, connection, "after resets that were refused", before);
    const same = await staysUndisturbed(server, connection, refuse);
    expectThat(same !== false, "expected the episode to go on as without the refused resets; it went another way");
  }),
  requirement("episode.reset-failed", { mode }, async (server) => {
    const options = server.actions.scripted("resetRaises");
    const connection = await server.session();
    await server.reset(connection, { episode_id: freshId() });
    await server.step(connection);
    const before = await standing(server, connection);
    for (const episode_id of [freshId(), undefined]) {
      const data = { ...server.actions.script.reset, ...options, episode_id };
      expectErrorCode(await connection.ask({ type: "reset", data }), "EXECUTION_ERROR");
      await expectStanding(server, connection, "after a reset that failed", before);
    }
  }),
];

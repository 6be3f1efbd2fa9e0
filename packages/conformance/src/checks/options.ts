import { checksOf } from "../check.ts";
import { expectErrorCode, expectObject, expectThat } from "../expect.ts";
import { type JsonObject, show } from "../json.ts";
import type { Server } from "../server.ts";
import { expectEqual, notApplicable } from "../verdict.ts";
import type { Connection } from "../wire/connection.ts";
import { warningsOf } from "./play.ts";
import { freshId } from "./standing.ts";

const requirement = checksOf("core");
const mode = "simulation";

/** Options that no environment declares. */
const unknownOptions: JsonObject = {
  conformance_number: 1,
  conformance_text: "easy",
  conformance_null: null,
  conformance_object: { nested: [true] },
};

function refuseAnyOption(server: Server): void {
  if (server.actions.script.anyOption === true)
    notApplicable("the environment knows options of every name; shown by one that does not");
}

/**
 * Holds it against the server if resets with `options`, which have no seed, all give the same: after `before`, where that is given, what
 * `before` gave. Sees nothing where episodes are the same without a seed.
 */
async function expectUnseeded(
  server: Server,
  connection: Connection,
  what: string,
  options: JsonObject,
  before: JsonObject = options,
): Promise<void> {
  const draw = async (drawn: JsonObject): Promise<string> =>
    JSON.stringify((await server.reset(connection, drawn)).observation);
  const unseeded = new Set<string>();
  for (let draws = 0; draws < 6; draws++) unseeded.add(await draw({}));
  // Only where no two of them are the same is it telling that four in a row are.
  if (unseeded.size < 6) return;
  const first = await draw(before);
  const after = [await draw(options), await draw(options), await draw(options)];
  expectThat(
    after.some((observation) => observation !== first),
    `expected ${what} to have no effect; four resets in a row gave ${first}`,
  );
}

/** Options of a reset beside seed and episode id, and the warnings about them. */
export const optionChecks = [
  requirement("episode.options-open", { mode }, async (server) => {
    const connection = await server.session();
    for (const [name, value] of Object.entries(unknownOptions)) await server.reset(connection, { [name]: value });
    await server.reset(connection, unknownOptions);
  }),
  requirement("episode.options-warning", { mode }, async (server) => {
    refuseAnyOption(server);
    const connection = await server.session();
    const { conformance_text, ...others } = unknownOptions;
    for (const options of [{ conformance_text }, others, unknownOptions]) {
      const warnings = warningsOf(await server.reset(connection, options));
      for (const name of Object.keys(options))
        expectThat(
          warnings.some((warning) => String(warning).includes(name)),
          `expected a warning that names the unknown option ${name}, got ${show(warnings)}; an environment that knows options of every name says so with \`anyOption\` in the file of --actions`,
        );
    }
  }),
  requirement("episode.options-null", { mode }, async (server) => {
    const connection = await server.session();
    const plain = warningsOf(await server.reset(connection));
    // Whether the server makes an id where the client sent none is for a check of its own.
    const made = typeof (await server.state(connection)).episode_id === "string";
    const ids = new Set<unknown>();
    const nulls = [{ seed: null }, { episode_id: null }, { seed: null, episode_id: null }];
    for (const options of [...nulls, ...nulls]) {
      const outcome = await server.reset(connection, options);
      expectEqual(`the warnings for ${show(options)}, as for a reset without options`, warningsOf(outcome), plain);
      const { episode_id } = await server.state(connection);
      expectThat(
        typeof episode_id === (made ? "string" : "object"),
        `expected the episode_id of a reset without options, got ${show(episode_id)}`,
      );
      ids.add(episode_id);
    }
    expectThat(
      !made || ids.size === 2 * nulls.length,
      `expected an episode_id of its own for each episode, got ${[...ids]}`,
    );
    await expectUnseeded(server, connection, "a seed of null", { seed: null });
  }),
  requirement("episode.options-exact", { mode }, async (server) => {
    const connection = await server.session();
    for (const options of [{ Seed: "seven" }, { SEED: 1.5 }, { "seed ": [] }, { Episode_Id: 7 }, { episodeId: [] }])
      await server.reset(connection, options);
    const other = freshId();
    for (const name of ["Episode_id", "EPISODE_ID", "episode_id "]) {
      const warnings = warningsOf(await server.reset(connection, { [name]: other }));
      const { episode_id } = await server.state(connection);
      expectThat(episode_id !== other, `expected the option ${name} not to be taken for episode_id`);
      if (server.actions.script.anyOption === true) continue;
      expectThat(
        warnings.some((warning) => String(warning).includes(name)),
        `expected a warning that names the unknown option ${name}, got ${show(warnings)}`,
      );
    }
  }),
  requirement("episode.options-once", { mode }, async (server) => {
    const connection = await server.session();
    const episode_id = freshId();
    await server.reset(connection, { episode_id, conformance_once: 1 });
    const later = await server.reset(connection);
    const state = await server.state(connection);
    expectThat(state.episode_id !== episode_id, `expected the episode_id of one reset not to be that of the next`);
    expectThat(
      !JSON.stringify(warningsOf(later)).includes("conformance_once"),
      "expected no warning about an option of an earlier reset",
    );
    await expectUnseeded(server, connection, "the seed of the reset before", {}, { seed: 7 });
  }),
  requirement("episode.options-schema", { mode }, async (server) => {
    const options = server.actions.scripted("invalidOption");
    const connection = await server.session();
    const data = { ...server.actions.script.reset, ...options };
    for (const each of [data, { ...data, seed: 1 }])
      expectErrorCode(await connection.ask({ type: "reset", data: each }), "VALIDATION_ERROR");
  }),
  requirement("episode.options-default", { mode }, async (server) => {
    const connection = await server.session();
    for (const message of [{ type: "reset" }, { type: "reset", data: {} }]) {
      const reply = await connection.ask(message);
      expectThat(reply.type === "observation", `expected the observation of a new episode, got ${show(reply)}`);
    }
  }),
  requirement("episode.warnings-place", { mode }, async (server) => {
    refuseAnyOption(server);
    const connection = await server.session();
    const { metadata } = await server.reset(connection, unknownOptions);
    const { warnings } = expectObject("the metadata of an outcome that warns", metadata);
    expectThat(
      Array.isArray(warnings) && warnings.length > 0 && warnings.every((warning) => typeof warning === "string"),
      `expected strings in metadata.warnings, got ${show(warnings)}`,
    );
  }),
];

import { compileSchema } from "../actions.ts";
import { checksOf } from "../check.ts";
import { expectThat } from "../expect.ts";
import { type JsonObject, show } from "../json.ts";
import type { Server } from "../server.ts";
import type { Connection } from "../wire/connection.ts";
import { staysUndisturbed } from "./play.ts";
import { expectStanding, freshId } from "./standing.ts";

const requirement = checksOf("core");
const mode = "simulation";

/** The state before the first reset, after it, and after an action. */
async function states(server: Server, connection: Connection): Promise<readonly (readonly [string, JsonObject])[]> {
  const fresh = await server.state(connection);
  await server.reset(connection);
  const begun = await server.state(connection);
  await connection.ask({ type: "step", data: await server.actions.valid() });
  const stepped = await server.state(connection);
  return [
    ["before the first reset", fresh],
    ["after a reset", begun],
    ["after an action", stepped],
  ];
}

/** What the state tells, and that asking for it changes nothing. */
export const stateChecks = [
  requirement("episode.state-keys", { mode }, async (server) => {
    for (const [when, state] of await states(server, await server.session()))
      for (const key of ["episode_id", "step_count"])
        expectThat(state[key] !== undefined, `expected ${key} in the state ${when}, got ${show(state)}`);
  }),
  requirement("episode.state-fresh", { mode }, async (server) => {
    const connection = await server.session();
    const fresh = { episode_id: null, step_count: 0 };
    await expectStanding(server, connection, "before the first reset", fresh);
    await expectStanding(server, connection, "before the first reset, asked again", fresh);
  }),
  requirement("episode.state-own", { mode }, async (server) => {
    const connection = await server.session();
    const episode_id = freshId();
    await server.reset(connection, { episode_id });
    await expectStanding(server, connection, "after a reset", { episode_id, step_count: 0 });
    await server.step(connection);
    await expectStanding(server, connection, "after an action", { episode_id, step_count: 1 });
  }),
  requirement("episode.state-pure", { mode }, async (server) => {
    const connection = await server.session();
    const ask = async (): Promise<void> => {
      for (let times = 0; times < 3; times++) await server.state(connection);
    };
    await ask();
    await expectStanding(server, connection, "asked for in a fresh session", { episode_id: null, step_count: 0 });
    const episode_id = freshId();
    await server.reset(connection, { episode_id });
    await ask();
    await expectStanding(server, connection, "asked for several times", { episode_id, step_count: 0 });
    const same = await staysUndisturbed(server, connection, ask);
    expectThat(same !== false, "expected the episode to go on as if nobody had asked for the state");
  }),
  requirement("episode.state-schema", { mode }, async (server) => {
    const matches = compileSchema(server.facts.schemas.state);
    const [, ...begun] = await states(server, await server.session());
    for (const [when, state] of begun) {
      const fits = matches(state);
      const [first] = matches.errors ?? [];
      const where = first?.instancePath || "the state";
      expectThat(fits, `the state ${when}: ${where} ${first?.message}, by the published schema; got ${show(state)}`);
    }
  }),
];

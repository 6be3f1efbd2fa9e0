import { checksOf } from "../check.ts";
import { expectErrorCode, expectThat } from "../expect.ts";
import { isObject, type Json, type JsonObject, show } from "../json.ts";
import type { Server } from "../server.ts";

const requirement = checksOf("core");
const mode = "simulation";

/** Something that a schema refuses for one key alone, and that key. */
interface Mistake {
  key: string;
  message: JsonObject;
}

const mistakes: readonly Mistake[] = [
  { key: "data", message: { type: "step" } },
  { key: "data", message: { type: "reset", data: [] } },
  { key: "seed", message: { type: "reset", data: { seed: "seven" } } },
  { key: "seed", message: { type: "reset", data: { seed: 1.5, episode_id: "fine" } } },
  { key: "episode_id", message: { type: "reset", data: { episode_id: { id: 1 }, seed: 4 } } },
  { key: "conformance", message: { type: "reset", data: {}, conformance: 1 } },
];

/** Each mistake, and the error that it is answered with. */
async function makeMistakes(server: Server): Promise<readonly (readonly [Mistake, JsonObject])[]> {
  const connection = await server.session();
  const made: [Mistake, JsonObject][] = [];
  for (const mistake of [...mistakes, ...(await actionMistakes(server))])
    made.push([mistake, expectErrorCode(await connection.ask(mistake.message), "VALIDATION_ERROR")]);
  return made;
}

async function actionMistakes(server: Server): Promise<readonly Mistake[]> {
  const action = { ...(await server.actions.valid()), conformance: 1 };
  return server.actions.matches(action) ? [] : [{ key: "conformance", message: { type: "step", data: action } }];
}

function findingsIn(findings: Json | undefined): readonly JsonObject[] {
  return Array.isArray(findings) ? findings.filter(isObject) : [];
}

function names(finding: JsonObject, key: string): boolean {
  return Array.isArray(finding.loc) && finding.loc.at(-1) === key;
}

/** Bodies of requests that a schema refuses for one key alone. */
const bodies: readonly (readonly [path: string, key: string, json: JsonObject])[] = [
  ["/reset", "seed", { seed: "seven" }],
  ["/reset", "episode_id", { episode_id: 7 }],
  ["/step", "action", {}],
  ["/step", "action", { action: 7 }],
];

/** What is told of a mistake that a schema found. */
export const findingChecks = [
  requirement("error.findings", { mode }, async (server) => {
    for (const [{ message }, { errors }] of await makeMistakes(server))
      expectThat(
        findingsIn(errors).length > 0,
        `expected findings in \`errors\` for ${show(message)}, got ${show(errors)}`,
      );
    if (!server.facts.profiles.has("simulation-http")) return;
    for (const [path, , json] of bodies) {
      const { json: answer } = await server.http({ method: "POST", path, json });
      const detail = isObject(answer) ? answer.detail : undefined;
      expectThat(findingsIn(detail).length > 0, `POST ${path}: expected findings in \`detail\`, got ${show(answer)}`);
    }
  }),
  requirement("error.findings-loc", { mode }, async (server) => {
    const expectNamed = (key: string, findings: Json | undefined): void =>
      expectThat(
        findingsIn(findings).some((finding) => names(finding, key)),
        `expected a finding whose loc ends in "${key}", got ${show(findings)}`,
      );
    for (const [{ key }, { errors }] of await makeMistakes(server)) expectNamed(key, errors);
    if (!server.facts.profiles.has("simulation-http")) return;
    for (const [path, key, json] of bodies) {
      const { json: answer } = await server.http({ method: "POST", path, json });
      expectNamed(key, isObject(answer) ? answer.detail : undefined);
    }
  }),
  requirement("error.findings-message", { mode }, async (server) => {
    for (const [{ key }, { message }] of await makeMistakes(server))
      expectThat(String(message).includes(key), `expected a message that names ${key}, got ${show(message)}`);
  }),
];

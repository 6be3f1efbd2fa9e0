import { checksOf } from "../check.ts";
import { expectThat } from "../expect.ts";
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

/** The mistakes that are answered with `VALIDATION_ERROR`, and those errors. Whether each is, is for other checks to see. */
async function makeMistakes(server: Server): Promise<readonly (readonly [Mistake, JsonObject])[]> {
  const connection = await server.session();
  const made: [Mistake, JsonObject][] = [];
  for (const mistake of [...mistakes, ...(await actionMistakes(server))]) {
    const { data } = await connection.ask(mistake.message);
    if (isObject(data) && data.code === "VALIDATION_ERROR") made.push([mistake, data]);
  }
  expectThat(made.length > 0, "expected VALIDATION_ERROR for messages that do not match their schema, got none");
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

/** What the wrong bodies are answered with, where it is status 422; nothing where the server has no such routes. */
async function postMistakes(server: Server): Promise<readonly (readonly [key: string, detail: Json | undefined])[]> {
  if (!server.facts.profiles.has("simulation-http")) return [];
  const told: [string, Json | undefined][] = [];
  for (const [path, key, json] of bodies) {
    const { status, json: answer } = await server.http({ method: "POST", path, json });
    if (status === 422) told.push([key, isObject(answer) ? answer.detail : undefined]);
  }
  return told;
}

/** What is told of a mistake that a schema found. */
export const findingChecks = [
  requirement("error.findings", { mode }, async (server) => {
    for (const [{ message }, { errors }] of await makeMistakes(server))
      expectThat(
        findingsIn(errors).length > 0,
        `expected findings in \`errors\` for ${show(message)}, got ${show(errors)}`,
      );
    for (const [key, detail] of await postMistakes(server))
      expectThat(findingsIn(detail).length > 0, `expected findings in \`detail\` for ${key}, got ${show(detail)}`);
  }),
  requirement("error.findings-loc", { mode }, async (server) => {
    const atSocket = (await makeMistakes(server)).map(([{ key }, { errors }]) => [key, errors] as const);
    for (const [key, findings] of [...atSocket, ...(await postMistakes(server))])
      expectThat(
        findingsIn(findings).some((finding) => names(finding, key)),
        `expected a finding whose loc ends in "${key}", got ${show(findings)}`,
      );
  }),
  requirement("error.findings-message", { mode }, async (server) => {
    for (const [{ key }, { message }] of await makeMistakes(server))
      expectThat(String(message).includes(key), `expected a message that names ${key}, got ${show(message)}`);
  }),
];

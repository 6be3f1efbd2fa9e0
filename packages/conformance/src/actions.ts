import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import type { Facts } from "./facts.ts";
import { isObject, type Json, type JsonObject } from "./json.ts";
import type { Script, ToolCall } from "./script.ts";
import { notApplicable } from "./verdict.ts";

/** Where the actions of a run come from: the script first, the environment's own schema otherwise. */
export interface Actions {
  readonly script: Script;
  /** An action that matches the published schema. */
  valid(): Promise<JsonObject>;
  /** Whether `valid` made it from the schema: then the environment may refuse it for reasons that no schema tells. */
  isGuess(action: JsonObject): boolean;
  /** Whether the published schema takes it. */
  matches(action: JsonObject): boolean;
  /** An action that does not match. */
  invalid(): Promise<JsonObject>;
  /** Actions that do not match, each wrong in one way; at least one. */
  invalids(): Promise<readonly JsonObject[]>;
  /** A call of one of the environment's tools with arguments that match. Not applicable without tools. */
  call(): Promise<ToolCall>;
  /** A call whose arguments do not match. */
  callInvalid(): Promise<ToolCall>;
  /** An entry of the script. Not applicable where the script has none. */
  scripted<K extends keyof Script>(entry: K): NonNullable<Script[K]>;
}

const attempts = 20;

export function createActions(facts: Facts, script: Script, seed: number): Actions {
  const guesses = new WeakSet<JsonObject>();
  let drawn = seed;
  let turn = 0;

  async function matching(schema: JsonObject, what: string): Promise<JsonObject> {
    const matches = compileSchema(schema);
    const { generate } = await import("json-schema-faker");
    for (let attempt = 0; attempt < attempts; attempt++) {
      const value: unknown = await generate(structuredClone(schema), { seed: drawn++ });
      if (isObject(value) && matches(value)) return value;
    }
    return notApplicable(`no ${what} could be generated from its schema; give one with --actions`);
  }

  async function call(): Promise<ToolCall> {
    if (script.call !== undefined) return script.call;
    const [tool] = facts.tools ?? [];
    if (tool === undefined) return notApplicable("the environment has no tools");
    return { name: tool.name, arguments: await matching(tool.inputSchema, `arguments of the tool ${tool.name}`) };
  }

  async function callAction(): Promise<JsonObject> {
    const { name, arguments: input } = await call();
    return { type: "call_tool", tool_name: name, arguments: input };
  }

  async function guess(): Promise<JsonObject> {
    const action = await (facts.ownActions ? matching(facts.schemas.action, "action") : callAction());
    guesses.add(action);
    return action;
  }

  const valid = async (): Promise<JsonObject> => script.valid?.[turn++ % script.valid.length] ?? guess();

  async function invalids(): Promise<readonly JsonObject[]> {
    const scripted = script.invalid === undefined ? [] : [script.invalid];
    const made = mismatching(facts.schemas.action, await valid());
    if (scripted.length + made.length === 0) return notApplicable("every object is an action here");
    return [...scripted, ...made];
  }

  return {
    script,
    valid,
    isGuess: (action) => guesses.has(action),
    matches: (action) => compileSchema(facts.schemas.action)(action),
    async invalid() {
      const [first] = script.invalid === undefined ? await invalids() : [script.invalid];
      return first ?? notApplicable("every object is an action here");
    },
    invalids,
    call,
    async callInvalid() {
      if (script.callInvalid !== undefined) return script.callInvalid;
      for (const tool of facts.tools ?? []) {
        const [input] = mismatching(tool.inputSchema, await matching(tool.inputSchema, `arguments of ${tool.name}`));
        if (input !== undefined) return { name: tool.name, arguments: input };
      }
      return notApplicable("the environment has no tool that would refuse arguments");
    },
    scripted(entry) {
      return script[entry] ?? notApplicable(`needs \`${entry}\` in the file of --actions`);
    },
  };
}

/** Of no type that a schema would name, and near misses that a careless reader turns into what was meant. */
const wrongValues: readonly Json[] = [{ "not of this type": [true] }, null, "1", 1, 1.5, true, []];

/** Objects that differ from `valid` in one key and that the schema refuses; none where it takes every object. */
function mismatching(schema: JsonObject, valid: JsonObject): readonly JsonObject[] {
  const matches = compileSchema(schema);
  const candidates: JsonObject[] = [
    {},
    ...Object.keys(valid).flatMap((key) => wrongValues.map((wrong) => ({ ...valid, [key]: wrong }))),
    { ...valid, "an unknown key": 1 },
  ];
  return candidates.filter((candidate) => !matches(candidate));
}

/** A schema that the server published, ready to check against. Not applicable where it is no JSON Schema of draft 2020-12. */
export function compileSchema(schema: JsonObject): ValidateFunction {
  const { $id: _, ...anonymous } = schema;
  try {
    return new Ajv2020({ strict: false, validateFormats: false }).compile(anonymous);
  } catch {
    return notApplicable("the published schema is no JSON Schema of draft 2020-12");
  }
}

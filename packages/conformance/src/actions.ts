import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import type { Facts } from "./facts.ts";
import { isObject, type JsonObject } from "./json.ts";
import type { Script, ToolCall } from "./script.ts";
import { notApplicable } from "./verdict.ts";

/** Where the actions of a run come from: the script first, the environment's own schema otherwise. */
export interface Actions {
  /** An action that matches the published schema. */
  valid(): Promise<JsonObject>;
  /** An action that does not. */
  invalid(): Promise<JsonObject>;
  /** A call of one of the environment's tools with arguments that match. Not applicable without tools. */
  call(): Promise<ToolCall>;
  /** A call whose arguments do not match. */
  callInvalid(): Promise<ToolCall>;
  /** An entry of the script. Not applicable where the script has none. */
  scripted<K extends keyof Script>(entry: K): NonNullable<Script[K]>;
}

const attempts = 20;

export function createActions(facts: Facts, script: Script, seed: number): Actions {
  let drawn = seed;
  let turn = 0;

  async function matching(schema: JsonObject, what: string): Promise<JsonObject> {
    const matches = compile(schema);
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

  return {
    async valid() {
      const scripted = script.valid?.[turn++ % script.valid.length];
      if (scripted !== undefined) return scripted;
      if (!facts.ownActions) {
        const { name, arguments: input } = await call();
        return { type: "call_tool", tool_name: name, arguments: input };
      }
      return matching(facts.schemas.action, "action");
    },
    async invalid() {
      if (script.invalid !== undefined) return script.invalid;
      return mismatching(facts.schemas.action, await this.valid()) ?? notApplicable("every object is an action here");
    },
    call,
    async callInvalid() {
      if (script.callInvalid !== undefined) return script.callInvalid;
      for (const tool of facts.tools ?? []) {
        const input = mismatching(tool.inputSchema, await matching(tool.inputSchema, `arguments of ${tool.name}`));
        if (input !== undefined) return { name: tool.name, arguments: input };
      }
      return notApplicable("the environment has no tool that would refuse arguments");
    },
    scripted(entry) {
      return script[entry] ?? notApplicable(`needs \`${entry}\` in the file of --actions`);
    },
  };
}

/** An object close to `valid` that the schema refuses, or undefined where it takes every object. */
function mismatching(schema: JsonObject, valid: JsonObject): JsonObject | undefined {
  const matches = compile(schema);
  const wrong = { "not of this type": [true] };
  const candidates: JsonObject[] = [
    {},
    ...Object.keys(valid).flatMap((key) => [
      { ...valid, [key]: wrong },
      { ...valid, [key]: null },
    ]),
    { ...valid, "an unknown key": 1 },
  ];
  return candidates.find((candidate) => !matches(candidate));
}

function compile(schema: JsonObject): ValidateFunction {
  const { $id: _, ...anonymous } = schema;
  try {
    return new Ajv2020({ strict: false, validateFormats: false }).compile(anonymous);
  } catch {
    return notApplicable(
      "the published schema is no JSON Schema of draft 2020-12, so nothing can be generated from it",
    );
  }
}

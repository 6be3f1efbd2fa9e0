import {
  CallToolAction,
  CallToolObservation,
  compileValidator,
  isJsonObject,
  JsonObject,
  ListToolsAction,
  ListToolsObservation,
  type Metadata,
  protocolRevision,
  ResetOptions,
  type SchemaDocument,
  State,
  type Validator,
} from "@openenv/schema";
import type { EnvironmentDefinition, Mode } from "./environment.ts";
import { prepareTools, type Toolkit } from "./tools.ts";

/** Any environment, its types forgotten: what a server holds. */
export type AnyEnvironment = EnvironmentDefinition;

/** What an environment promises on the wire, compiled once per server. */
export interface Contract {
  readonly environment: AnyEnvironment;
  readonly action: Validator<JsonObject> | undefined;
  readonly callTool: Validator<CallToolAction>;
  readonly listTools: Validator<ListToolsAction>;
  readonly observation: Validator<JsonObject>;
  readonly resetObservation: Validator<JsonObject>;
  /** Seed and episode id, as every environment takes them. */
  readonly standardOptions: Validator<ResetOptions>;
  /** The environment's own. */
  readonly resetOptions: Validator<JsonObject>;
  /** Names of the declared reset options; undefined: any name. */
  readonly resetOptionNames: ReadonlySet<string> | undefined;
  readonly toolkit: Toolkit;
  readonly document: SchemaDocument;
}

/** `toolFailure` words what is told of a tool that threw. */
export function compileContract(environment: AnyEnvironment, toolFailure: (reason: unknown) => string): Contract {
  const { action, observation, resetObservation, resetOptions, tools } = environment;
  const hasTools = tools !== undefined && Object.keys(tools).length > 0;
  const options: JsonObject = { ...(resetOptions ?? { type: "object", properties: {} }) };
  const document = schemaDocument(environment);
  return {
    environment,
    action: action && actionValidator({ ...action }),
    callTool: compileValidator<CallToolAction>(CallToolAction),
    listTools: compileValidator<ListToolsAction>(ListToolsAction),
    observation: compileValidator<JsonObject>({ ...(observation ?? JsonObject) }),
    resetObservation: compileValidator<JsonObject>({ ...(resetObservation ?? observation ?? JsonObject) }),
    standardOptions: compileValidator<ResetOptions>(ResetOptions),
    resetOptions: compileValidator<JsonObject>(options),
    resetOptionNames: options.additionalProperties === true ? undefined : new Set(Object.keys(propertiesOf(options))),
    toolkit: prepareTools(hasTools ? tools : {}, toolFailure),
    document,
  };
}

/** Most actions come without `metadata`; a strict schema without optional keys is checked much faster. */
function actionValidator(schema: JsonObject): Validator<JsonObject> {
  const plain = compileValidator<JsonObject>(strictAction(schema, {}));
  const whole = compileValidator<JsonObject>(strictAction(schema));
  return {
    check: (value): value is JsonObject => plain.check(value) || whole.check(value),
    findings: whole.findings,
  };
}

/**
 * An action schema as it is enforced and published: unknown keys are refused, so that a double-wrapped action fails,
 * and `metadata` is accepted, because Python clients add it. Alternatives are treated one by one.
 */
export function strictAction(schema: JsonObject, added: JsonObject = { metadata: { type: "object" } }): JsonObject {
  for (const keyword of ["anyOf", "oneOf"]) {
    const alternatives = schema[keyword];
    if (Array.isArray(alternatives)) {
      return {
        ...schema,
        [keyword]: alternatives.map((each) => (isJsonObject(each) ? strictAction({ ...each }, added) : each)),
      };
    }
  }
  const properties = { ...added, ...propertiesOf(schema) };
  if (schema.type === "object" && schema.allOf === undefined && schema.$ref === undefined) {
    return { ...schema, properties, additionalProperties: schema.additionalProperties ?? false };
  }
  return { ...schema, properties, unevaluatedProperties: schema.unevaluatedProperties ?? false };
}

function propertiesOf(schema: JsonObject): JsonObject {
  return isJsonObject(schema.properties) ? schema.properties : {};
}

/** `call_tool` as a tools-only environment publishes it; trainers recognise it by the constant `type`. */
const callToolSchema: JsonObject = { ...CallToolAction };

function schemaDocument(environment: AnyEnvironment): SchemaDocument {
  const { action, observation, resetObservation, state, tools } = environment;
  const hasTools = tools !== undefined && Object.keys(tools).length > 0;
  const published: SchemaDocument = {
    action: action === undefined ? callToolSchema : strictAction({ ...action }),
    observation: observation === undefined ? toolObservation(hasTools) : { ...observation },
    state: {
      ...State,
      required: [...State.required, ...(state?.required ?? [])],
      properties: { ...State.properties, ...state?.properties },
    },
  };
  if (resetObservation !== undefined) published.reset_observation = { ...resetObservation };
  return published;
}

function toolObservation(hasTools: boolean): JsonObject {
  return hasTools ? { anyOf: [CallToolObservation, ListToolsObservation, JsonObject] } : { ...JsonObject };
}

/** The answer of `/metadata`: upstream's six keys, then ours, then the environment's own. */
export function metadataOf(environment: AnyEnvironment, mode: Mode, shared: unknown): Metadata {
  return {
    ...environment.metadata?.(shared),
    name: environment.name,
    description: environment.description,
    readme_content: environment.readme ?? null,
    version: environment.version ?? null,
    author: environment.author ?? null,
    documentation_url: environment.documentationUrl ?? null,
    mode,
    protocol_revision: protocolRevision,
  };
}

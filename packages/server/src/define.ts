import { routes } from "@openenv/schema";
import type { TObject, TSchema } from "typebox";
import type { EnvironmentDefinition, Tool, ToolSet } from "./environment.ts";

/** Names an agent must not be able to call: they would let it reset itself. */
const reservedToolNames: readonly string[] = ["reset", "step", "state", "close"];

const reservedNames: readonly string[] = Object.values(routes).map((path) => path.slice(1));

/**
 * Checks an environment's definition and gives it its types. Nothing runs until it is served.
 *
 * @throws {TypeError} if a name is malformed or reserved, or if there is nothing to call: no action and no tool.
 */
export function defineEnvironment<
  A extends TSchema = TObject,
  O extends TSchema = TObject,
  R extends TObject = TObject,
  T extends ToolSet = ToolSet,
  S = undefined,
  RO extends TSchema = O,
>(definition: EnvironmentDefinition<A, O, R, T, S, RO>): EnvironmentDefinition<A, O, R, T, S, RO> {
  const { name, action, create, tools = {} } = definition;
  if (!/^[a-z][a-z0-9_-]*$/.test(name)) {
    throw new TypeError(
      `environment name "${name}" must be lower-case letters, digits, "_" and "-", beginning with a letter`,
    );
  }
  if (reservedNames.includes(name)) throw new TypeError(`environment name "${name}" is the name of a route`);
  for (const [toolName, { run }] of Object.entries<Tool>(tools)) {
    if (reservedToolNames.includes(toolName)) throw new TypeError(`tool name "${toolName}" is reserved`);
    if (run === undefined && create === undefined) throw new TypeError(`tool "${toolName}" has no run function`);
  }
  if (action === undefined && Object.keys(tools).length === 0) {
    throw new TypeError(`environment "${name}" has neither an action nor a tool`);
  }
  if (action !== undefined && create === undefined) throw new TypeError(`environment "${name}" has no create function`);
  return Object.freeze({ ...definition });
}

/** Gives a tool's `run` the type of its `input`. */
export function tool<I extends TObject>(declaration: Tool<I>): Tool<I> {
  return declaration;
}

import { existsSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { isJsonObject, messageOf } from "@openenv/schema";
import type { EnvironmentDefinition } from "@openenv/server";
import { UsageError } from "./usage-error.ts";

/**
 * Loads an environment: the default export of a package's folder, of an installed package, or of a module file.
 *
 * @throws {UsageError} if there is none.
 */
export async function loadEnvironment(where: string): Promise<EnvironmentDefinition> {
  const file = locate(where);
  const module: unknown = await import(pathToFileURL(file).href);
  const environment: unknown =
    isJsonObject(module) || typeof module === "object" ? Reflect.get(Object(module), "default") : undefined;
  if (isEnvironment(environment)) return environment;
  throw new UsageError(
    `"${where}" is no environment: ${file} must default-export what defineEnvironment returned`,
    "See the README of @openenv/server for an example.",
  );
}

function isEnvironment(value: unknown): value is EnvironmentDefinition {
  return isJsonObject(value) && typeof value.name === "string" && ("action" in value || "tools" in value);
}

function locate(where: string): string {
  const path = resolve(where);
  try {
    if (!existsSync(path)) return createRequire(join(process.cwd(), "package.json")).resolve(where);
    return statSync(path).isDirectory() ? entryOf(path) : path;
  } catch (reason) {
    throw new UsageError(
      `cannot find an environment at "${where}": ${firstLine(messageOf(reason))}`,
      "Give the folder of an environment, such as envs/coding, or the name of an installed package.",
    );
  }
}

/** The module a package exports, found by the package's own name, so that its `exports` conditions hold. */
function entryOf(folder: string): string {
  const file = join(folder, "package.json");
  if (!existsSync(file)) throw new Error("the folder has no package.json");
  const manifest: unknown = JSON.parse(readFileSync(file, "utf8"));
  if (!isJsonObject(manifest) || typeof manifest.name !== "string") throw new Error(`${file} has no name`);
  return createRequire(file).resolve(manifest.name);
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? text;
}

import { existsSync, readFileSync, statSync } from "node:fs";
import { createRequire, findPackageJSON } from "node:module";
import { dirname, join, resolve } from "node:path";
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
  const environment: unknown = Reflect.get(await load(where, file), "default");
  if (isEnvironment(environment)) return environment;
  throw new UsageError(
    `"${where}" is no environment: ${file} must default-export what defineEnvironment returned`,
    "See the README of @openenv/server for an example.",
  );
}

async function load(where: string, file: string): Promise<object> {
  try {
    return Object(await import(pathToFileURL(file).href));
  } catch (reason) {
    throw new UsageError(
      `cannot load the environment "${where}": ${firstLine(messageOf(reason))}`,
      `To see where it fails, run: node ${file}`,
    );
  }
}

function isEnvironment(value: unknown): value is EnvironmentDefinition {
  return isJsonObject(value) && typeof value.name === "string" && ("action" in value || "tools" in value);
}

function locate(where: string): string {
  const path = resolve(where);
  try {
    if (!existsSync(path)) return entryOfInstalled(where);
    return statSync(path).isDirectory() ? entryOf(path) : path;
  } catch (reason) {
    throw new UsageError(
      `cannot find an environment at "${where}": ${firstLine(messageOf(reason))}`,
      "Give the folder of an environment, such as envs/coding, a module file, or the name of an installed package.",
    );
  }
}

/** The module of a package that is installed where the command runs. */
function entryOfInstalled(name: string): string {
  return entryOf(dirname(manifestOf(name)));
}

function manifestOf(name: string): string {
  try {
    const file = findPackageJSON(name, pathToFileURL(join(process.cwd(), "package.json")));
    if (file !== undefined && !/^[.\\/]/.test(name)) return file;
  } catch {
    // told below
  }
  throw new Error("there is no such folder or file, and no package of that name is installed here");
}

/** The module a package exports, found by the package's own name, so that its `exports` conditions hold. */
function entryOf(folder: string): string {
  const file = join(folder, "package.json");
  if (!existsSync(file)) throw new Error("the folder has no package.json");
  const manifest: unknown = JSON.parse(readFileSync(file, "utf8"));
  if (!isJsonObject(manifest) || typeof manifest.name !== "string") throw new Error(`${file} has no name`);
  const { resolve: find } = createRequire(file);
  if (manifest.exports === undefined) return find(folder);
  const forImports = importedBy(manifest.exports);
  return forImports === undefined ? find(manifest.name) : join(folder, forImports);
}

/** The target of `exports` that only imports may have, which `require.resolve` does not find. */
function importedBy(exports: unknown): string | undefined {
  const main = isJsonObject(exports) && "." in exports ? exports["."] : exports;
  if (!isJsonObject(main) || "default" in main || "require" in main) return undefined;
  const target = isJsonObject(main.import) ? main.import.default : main.import;
  return typeof target === "string" ? target : undefined;
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? text;
}

import { accessSync, constants, realpathSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { SandboxError } from "./error.ts";

// System tools stay findable when the server was started with a short PATH.
const systemFolders = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"];

/** The full path of a command, looked up in PATH and in the system's folders; `undefined` if there is none. */
export function findExecutable(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(delimiter), ...systemFolders];
  return folders
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** The file behind a command, links followed. @throws {SandboxError} `start_failed` if there is none. */
export function resolveCommand(command: string): string {
  try {
    return realpathSync(command);
  } catch (error) {
    throw new SandboxError("start_failed", `there is no program ${command}`, { cause: error });
  }
}

import { chmodSync, mkdtempSync, rmdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { findExecutable } from "./executable.ts";

/** An empty folder over which each start mounts, in a mount namespace of its own, what other users cannot reach. */
export interface Stage {
  readonly folder: string;
  remove(): void;
}

/** Where a path of the host is found by bubblewrap (`source`) and by the program (`target`). */
export interface Exposure {
  source: string;
  target: string;
}

// Runs as root in a mount namespace of its own, so nothing of it is seen outside or left behind. Only then is
// root given up: the program's user could not walk into a home folder or a checkout of mode 0700.
const script = `set -e
stage=$1; shift
mount -t tmpfs -o mode=0755,size=1m openenv "$stage"
i=0
while [ "$1" != -- ]; do
  if [ -d "$1" ]; then mkdir "$stage/$i"; else : > "$stage/$i"; fi
  mount --bind "$1" "$stage/$i"
  i=$((i+1)); shift
done
shift
exec "$@"`;

export function createStage(): Stage {
  const folder = mkdtempSync("/tmp/openenv-sandbox-");
  chmodSync(folder, 0o711);
  return { folder, remove: () => rmdirSync(folder) };
}

/** Whether a user other than the owner is kept from reading `path`, by its own mode or by that of a folder above. */
export function isHiddenFromOthers(path: string): boolean {
  const { mode } = statSync(path);
  if ((mode & 0o004) === 0) return true;
  for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return true;
  }
  return false;
}

/** Sends the hidden ones of `paths` over the stage. `command` is empty where none is hidden. */
export function stagePaths(stage: Stage, paths: readonly string[]): { command: string[]; exposures: Exposure[] } {
  const hidden = paths.filter(isHiddenFromOthers);
  const exposures = paths.map((path) => ({
    source: hidden.includes(path) ? `${stage.folder}/${hidden.indexOf(path)}` : path,
    target: path,
  }));
  if (hidden.length === 0) return { command: [], exposures };
  const unshare = findExecutable("unshare") ?? "unshare";
  const command = [unshare, "--mount", "--propagation", "private", "--", "/bin/sh", "-c", script, "sh"];
  return { command: [...command, stage.folder, ...hidden, "--"], exposures };
}

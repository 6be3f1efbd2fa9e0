// Runs in an image's first stage, on Node alone: node scripts/images/assemble.ts ENVIRONMENT TARGET
//
// Lays out in TARGET an environment, the command that serves it, and what both need when they run: the packages of this
// repository in their folders, all others in node_modules. Where the context brings no installed packages, they are
// installed first. Modes are set, so that the checkout's do not decide what the image is.

import { execFileSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
} from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";

interface Manifest {
  name: string;
  version: string;
  files?: string[];
  dependencies?: Record<string, string>;
}

const root = process.cwd();
const cli = "packages/cli";
const [environment = "", target = ""] = process.argv.slice(2);

if (!existsSync("node_modules/.pnpm")) install();
const placed = new Map<string, string>();
for (const folder of [cli, environment]) place(resolve(folder));
cpSync("LICENSE", join(target, "LICENSE"));
setModes(target);
console.log(`${environment} with ${placed.size} packages`);

function install(): void {
  const { packageManager }: { packageManager: string } = JSON.parse(readFileSync("package.json", "utf8"));
  const of = (folder: string): string => `--filter=${manifestOf(resolve(folder)).name}...`;
  const args = ["install", "--prod", "--no-optional", "--frozen-lockfile", of(cli), of(environment)];
  console.log("the context has no node_modules: installing");
  execFileSync("npx", ["-y", packageManager, ...args], { stdio: "inherit" });
}

/** Copies the package in a folder and all it depends on. */
function place(folder: string): void {
  const { name, version, files, dependencies = {} } = manifestOf(folder);
  if (placed.has(name)) {
    if (placed.get(name) === folder) return;
    throw new Error(`${name} is needed in two versions, one of them ${version}: use the same in all packages`);
  }
  placed.set(name, folder);
  const isOurs = !folder.includes(`${sep}node_modules${sep}`);
  if (isOurs) placeOurs(folder, name, files);
  else copy(folder, join(target, "node_modules", name));
  for (const dependency of Object.keys(dependencies)) place(find(dependency, folder, name));
}

/** In the folder that it has in the repository: Node runs TypeScript everywhere but below node_modules. */
function placeOurs(folder: string, name: string, files: string[] = []): void {
  const where = relative(root, folder);
  for (const file of ["package.json", ...files]) {
    if (existsSync(join(folder, file)) && file !== "dist") copy(join(folder, file), join(target, where, file));
  }
  const link = join(target, "node_modules", name);
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(relative(dirname(link), join(target, where)), link);
}

function find(name: string, from: string, neededBy: string): string {
  for (let folder = from; folder.startsWith(root); folder = dirname(folder)) {
    const link = join(folder, "node_modules", name);
    if (existsSync(join(link, "package.json"))) return realpathSync(link);
  }
  throw new Error(
    `${name}, which ${neededBy} needs, is not in the context: add !node_modules/.pnpm/${name.replace("/", "+")}@* to ` +
      ".dockerignore, and run pnpm install where the image is built",
  );
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}

/** Without what only compilers, debuggers and readers use. */
function copy(from: string, to: string): void {
  const isWanted = (path: string): boolean =>
    path === from || !/(\.d\.[mc]?ts|\.map|[\\/]docs|[\\/]README\.md)$/.test(path);
  cpSync(from, to, { recursive: true, filter: isWanted });
}

function setModes(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) setModes(path);
    else if (entry.isFile()) chmodSync(path, 0o644);
  }
}

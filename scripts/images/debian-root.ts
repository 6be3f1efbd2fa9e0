// A Debian with apt and Node, as a folder: debootstrap's smallest variant, from the mirror that apt uses on this machine.

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { addNode, addUser, type RootFolder } from "./root-folder.ts";

const suite = "bookworm";

/** One line of apt's list of sources, without what varies: `deb URI SUITE main`. */
interface Source {
  uri: string;
  suite: string;
}

/** What the base depends on beside Node: where its packages come from. */
export function debianSources(): readonly Source[] {
  const sources = aptSources();
  if (sources.some((source) => source.suite === suite)) return sources;
  throw new Error(
    `apt has no source for Debian ${suite} on this machine: add a mirror to /etc/apt/sources.list.d, or use --minimal`,
  );
}

/** Asked of apt, which knows each of its formats; it prints what it would fetch, and fetches nothing. */
function aptSources(): Source[] {
  let uris: string;
  try {
    uris = execFileSync("apt-get", ["update", "--print-uris"], { encoding: "utf8", maxBuffer: 64 * 2 ** 20 });
  } catch (cause) {
    throw new Error("there is no working apt-get here: run this on Debian, or use --minimal", { cause });
  }
  const pattern = new RegExp(`^'(\\S+)/dists/(${suite}(?:-updates|-security)?)/main/binary-[^/]+/Packages`, "gm");
  const found = new Map(
    [...uris.matchAll(pattern)].map(([, uri = "", name = ""]) => [`${uri} ${name}`, { uri, suite: name }]),
  );
  return [...found.values()];
}

/**
 * Fills an empty folder.
 *
 * @throws {Error} that says what is missing, or what debootstrap said last.
 */
export async function makeDebianRoot(
  folder: string,
  sources: readonly Source[],
  onLine: (line: string) => void,
): Promise<RootFolder> {
  if (process.getuid?.() !== 0) throw new Error("debootstrap needs root: run this as root, or use --minimal");
  const mirror = sources.find((source) => source.suite === suite)?.uri ?? "";
  // Of a mirror with https, apt in the image checks the certificate.
  const extra = mirror.startsWith("https:") ? ["--include=ca-certificates"] : [];
  await debootstrap(["--variant=minbase", ...extra, suite, folder, mirror], onLine);
  const lines = sources.map(({ uri, suite }) => `deb ${uri} ${suite} main\n`);
  writeFileSync(join(folder, "etc/apt/sources.list"), lines.join(""));
  addUser(folder);
  addNode(folder);
  dropWhatVaries(folder);
  return { folder, path: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" };
}

/** How debootstrap's lines begin at each stage; there are hundreds of them. */
const stages = ["Retrieving", "Extracting", "Unpacking required packages", "Unpacking the base system"];

async function debootstrap(args: readonly string[], onLine: (line: string) => void): Promise<void> {
  const program = ["/usr/sbin/debootstrap", "/usr/bin/debootstrap"].find(existsSync);
  if (program === undefined) throw new Error("debootstrap is missing: apt-get install debootstrap, or use --minimal");
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  let last = "it said nothing";
  let stage = "";
  createInterface({ input: child.stdout }).on("line", (line) => {
    last = line;
    const told = stages.find((start) => line.startsWith(`I: ${start}`)) ?? stage;
    if (told !== stage) onLine(`  debootstrap: ${told.toLowerCase()}`);
    stage = told;
  });
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`debootstrap failed (${last}): can this machine reach ${args.at(-1)}?`);
}

/** Caches, logs, and the names of this machine; documents and translations, for size (licences stay). */
function dropWhatVaries(folder: string): void {
  for (const path of [
    ...["var/cache/apt", "var/cache/ldconfig", "var/lib/apt/lists", "var/log", "etc/hostname", "etc/resolv.conf"],
    ...["usr/share/locale", "usr/share/man", "usr/share/info"],
  ]) {
    rmSync(join(folder, path), { recursive: true, force: true });
  }
  for (const path of ["var/cache/apt/archives/partial", "var/lib/apt/lists/partial", "var/log"]) {
    mkdirSync(join(folder, path), { recursive: true });
  }
}

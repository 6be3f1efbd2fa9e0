import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import type { Report } from "../packages/conformance/src/index.ts";

/** An image of an environment whose folder has a file of actions for the suite. */
export interface JudgedImage {
  image: string;
  folder: string;
  securityOptions: readonly string[];
}

/** Holds images against the whole specification, as a user does, with what needs a shutdown or a restart. */
export function describeConformance(images: readonly JudgedImage[]): void {
  test.each(images)(
    "the image of $folder conforms",
    async ({ image, folder, securityOptions }) => {
      const flags = ["--image", image, "--actions", `${folder}/conformance.yaml`, "--json", "-"];
      const options = securityOptions.length === 0 ? [] : ["--security-opt", ...securityOptions];
      // Few enough for the suite to fill them all.
      const { code, out, err } = await judge([...flags, ...options, "--", "--max-sessions", "64"]);
      expect(err).toBe("");
      const { findings, sessions }: Report = JSON.parse(out);
      const faults = findings.filter(({ status }) => status === "fail" || status === "warn");
      expect(faults.map(({ id, message }) => `${id}: ${message}`)).toEqual([]);
      expect(code).toBe(0);
      expect(sessions).toEqual({ before: 0, after: 0 });
      const passed = findings.filter(({ status }) => status === "pass").map(({ id }) => id);
      expect(passed).toEqual(expect.arrayContaining(["ws.shutdown-close", "session.capacity"]));
    },
    120_000,
  );
}

async function judge(flags: readonly string[]): Promise<{ code: number | null; out: string; err: string }> {
  const program = ["--conditions=source", "packages/conformance/src/bin.ts", "server", ...flags];
  const child = spawn(process.execPath, program, { stdio: ["ignore", "pipe", "pipe"] });
  const exit = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
  return { code, out, err };
}

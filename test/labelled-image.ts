import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inject } from "vitest";
import { buildImage } from "../packages/conformance/src/container.ts";
import { testLabel } from "./engine.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** The value of the label `org.openenv.test` on all that tests make in the Docker engine. */
    testRun: string;
  }
}

/** The line of a Dockerfile that lets the image, and what is made of it, be removed when the tests end. */
export function labelLine(): string {
  return `LABEL ${testLabel}=${inject("testRun")}`;
}

/** A name for an image of this test run. */
export function testTag(name: string): string {
  return `openenv-test-${name}:${inject("testRun")}`;
}

/** Makes `image` anew with the label of this test run: whatever is built on it or started from it is removed at the end. */
export async function labelImage(image: string, name: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "openenv-label-"));
  try {
    writeFileSync(join(folder, "Dockerfile"), `FROM ${image}\n${labelLine()}\n`);
    // Without cache: two test files would get one image, and each would find the other's containers by it.
    return await buildImage(folder, { tag: testTag(name), cache: false });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

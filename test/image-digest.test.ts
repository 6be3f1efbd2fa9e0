import { randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildImage } from "../packages/conformance/src/container.ts";
import { connectEngine, type Engine } from "../packages/conformance/src/container-engine.ts";
import { contentDigest, fileLines } from "../scripts/images/digest.ts";
import { labelLine } from "./labelled-image.ts";
import { describeWith } from "./required.ts";

const longName = `${"a-folder-with-a-long-name/".repeat(8)}${"ü".repeat(60)}.txt`;

describeWith(["docker", "linux"], "the content digest", () => {
  const context = mkdtempSync(join(tmpdir(), "openenv-digest-"));
  const tags: string[] = [];
  let engine: Engine;

  async function digestOf(instructions: readonly string[]): Promise<string> {
    const tag = `openenv-test-digest:${randomUUID()}`;
    const dockerfile = join(context, `Dockerfile-${tags.length}`);
    writeFileSync(dockerfile, ["FROM scratch", labelLine(), ...instructions].join("\n"));
    tags.push(await buildImage(dockerfile, { tag, cache: false }));
    return contentDigest(engine, tag);
  }

  beforeAll(async () => {
    engine = await connectEngine();
    writeFileSync(join(context, "one"), "one");
    writeFileSync(join(context, "two"), "two");
    writeFileSync(join(context, "private"), "one", { mode: 0o600 });
    for (const target of ["one", "two"]) {
      mkdirSync(join(context, `to-${target}`));
      symlinkSync(`/${target}`, join(context, `to-${target}`, "link"));
    }
  });
  afterAll(async () => {
    rmSync(context, { recursive: true, force: true });
    for (const tag of tags) await engine.container.dockerode.getImage(tag).remove({ force: true });
  });

  const original = ["COPY one /file", "COPY to-one /links", "ENV A=1", "LABEL b=2"];
  const instead = (of: string, by: string): string[] => original.map((line) => (line === of ? by : line));

  test("is the same for two builds", async () => {
    expect(await digestOf(original)).toBe(await digestOf(original));
  });

  test.each([
    { what: "a file's bytes", instructions: instead("COPY one /file", "COPY two /file") },
    { what: "a file's path", instructions: instead("COPY one /file", "COPY one /other") },
    { what: "a file's mode", instructions: instead("COPY one /file", "COPY private /file") },
    { what: "a file's owner", instructions: instead("COPY one /file", "COPY --chown=7:7 one /file") },
    { what: "a link's target", instructions: instead("COPY to-one /links", "COPY to-two /links") },
    { what: "the environment", instructions: instead("ENV A=1", "ENV A=2") },
    { what: "a label", instructions: instead("LABEL b=2", "LABEL b=3") },
    { what: "the user", instructions: [...original, "USER 7"] },
  ])("is another when $what is another", async ({ instructions }) => {
    expect(await digestOf(instructions)).not.toBe(await digestOf(original));
  });

  test("knows each file by its whole path", async () => {
    await digestOf([`COPY ["one", "/${longName}"]`]);
    const lines = await fileLines(engine, tags.at(-1) ?? "");
    expect(lines.map((line) => line.split("\t", 1)[0])).toContain(longName);
  });
});

import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { serve } from "@openenv/server/node";
import { expect, test } from "vitest";
import { adder } from "./environments.ts";

const run = promisify(execFile);
const cwd = fileURLToPath(new URL("..", import.meta.url));

/** Runs an ES module in a process of its own, and waits until that process ends by itself. */
async function runModule(code: string, ...args: string[]): Promise<string> {
  const { stdout } = await run(
    process.execPath,
    ["--conditions=source", "--disable-warning=ExperimentalWarning", "--input-type=module", "--eval", code, ...args],
    { cwd, timeout: 25_000 },
  );
  return stdout;
}

test("a process whose client is closed ends", async () => {
  await using server = await serve(adder, { port: 0, graceMs: 10 });
  const code = `
    import { connect, inspect } from "@openenv/client";
    const client = await connect(process.argv[1]);
    await client.reset();
    await client.server.health();
    await client.close();
    const inspector = inspect(process.argv[1]);
    await inspector.metadata();
    await inspector.close();
    console.log("closed");
  `;
  await expect(runModule(code, server.url)).resolves.toBe("closed\n");
});

test("a process whose client gave up ends, without closing anything", async () => {
  await using server = await serve(adder, { port: 0, graceMs: 10 });
  const code = `
    import { connect } from "@openenv/client";
    const client = await connect(process.argv[1]);
    await client.step({ add: 14 }, { timeoutMs: 20 }).catch(({ reason }) => console.log(reason));
    await connect("http://127.0.0.1:1").catch(({ reason }) => console.log(reason));
  `;
  await expect(runModule(code, server.url)).resolves.toBe("timeout\nconnect\n");
});

test("the README's example runs as it is, and ends by itself", async () => {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  const [example, ...others] = [...readme.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code = ""]) => code);
  expect(others).toEqual([]);
  await expect(runModule(example ?? "")).resolves.toMatch(/higher: false.*higher: true.*done: true/s);
});

import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, describe, expect, test } from "vitest";
import { startProgram } from "../src/client/program.ts";
import { commandSchemas, runClientChecks, UnableError } from "../src/index.ts";
import { Violation } from "../src/verdict.ts";

const folder = mkdtempSync(join(tmpdir(), "openenv-client-"));
afterAll(() => rmSync(folder, { recursive: true }));

const deaf = { sent: () => undefined, received: () => undefined };
const hand = fileURLToPath(new URL("peers/hand-client.ts", import.meta.url));
const reset = { command: "reset", options: {} } as const;

/** A program that answers its first command, and does `then` at the second. */
const afterFirst = (then: string): string => `read line; echo '{"id":1,"ok":true,"result":{}}'; read line; ${then}`;
const polite = `n=0; while read line; do n=$((n+1)); echo "{\\"id\\":$n,\\"ok\\":true,\\"result\\":{}}"; done`;

describe("a program", () => {
  test.each([
    ["ends", "echo 'no module named openenv' >&2; exit 3", /ended with exit code 3.*no module named openenv/s],
    ["is killed", "kill -9 $$", /ended by SIGKILL/],
    [
      "prints what is no JSON",
      "echo hello; read line",
      /wrote hello, which is no result; logs belong on standard error/,
    ],
    ["prints what is no object", "echo '[1]'; read line", /wrote \[1\], which is no result/],
    ["answers a command that was not given", `echo '{"id":9,"ok":true,"result":{}}'; read line`, /answers no command/],
    ["answers a command twice", `echo '{"id":1,"ok":true,"result":{}}'; read line`, /answers no command/],
    ["forgets the result", `echo '{"id":2,"ok":true}'; read line`, /result of reset is malformed: .*result/],
    [
      "tells a reward that is no number",
      `echo '{"id":2,"ok":true,"result":{"observation":{},"reward":true,"done":false}}'; read line`,
      /malformed: \/result\/reward must be number,null/,
    ],
    [
      "fails in a way of its own",
      `echo '{"id":2,"ok":false,"error":{"kind":"sad","message":""}}'; read line`,
      /malformed: \/error\/kind/,
    ],
  ])("that %s is held against the client, and is of no further use", async (_, then, says) => {
    const program = await startProgram({ command: afterFirst(then) });
    try {
      expect(program.sound()).toBe(true);
      const given = program.give(reset, 20_000, deaf);
      await expect(given).rejects.toThrow(Violation);
      await expect(given).rejects.toThrow(says);
      expect(program.sound()).toBe(false);
      await expect(program.give(reset, 20_000, deaf)).rejects.toThrow(says);
    } finally {
      await program.end();
    }
  });

  test("that says nothing is held against the client, and is of no further use", async () => {
    const program = await startProgram({ command: afterFirst("read line") });
    await expect(program.give(reset, 100, deaf)).rejects.toThrow(/no result of reset within 0.1 seconds/);
    expect(program.sound()).toBe(false);
    await program.end();
  });

  test.each([
    ["a command that the shell does not know", "no-such-client --url", /exit code 127/],
    ["a program that is not there", ["/no/such/client"], /could not be run: .*ENOENT/],
    ["a program that ends at once", "cat >/dev/null & exit 0", /exit code 0/],
  ])("with %s cannot be judged", async (_, command, says) => {
    const started = startProgram({ command });
    await expect(started).rejects.toThrow(UnableError);
    await expect(started).rejects.toThrow(says);
  });

  test("takes a text through a shell, and a list without one", async () => {
    for (const command of [polite, ["sh", "-c", polite]]) {
      const program = await startProgram({ command });
      expect(await program.give({ command: "close" }, 10_000, deaf)).toEqual({ id: 2, ok: true, result: {} });
      await program.end();
    }
  });

  test("may write half a line, two lines at once, and empty ones", async () => {
    const line = (id: number): string => `{"id":${id},"ok":true,"result":{"tools":[{"name":"ä"}]}}`;
    const command = afterFirst(
      `printf '%s' '${line(2).slice(0, 20)}'; read line; printf '%s\\n\\r\\n%s\\n' '${line(2).slice(20)}' '${line(3)}'; read line`,
    );
    const program = await startProgram({ command });
    const given = [1, 2].map(() => program.give({ command: "list_tools" }, 10_000, deaf));
    expect(await Promise.all(given)).toMatchObject([{ id: 2 }, { id: 3, result: { tools: [{ name: "ä" }] } }]);
    await program.end();
  });

  test("ends with everything that it started", async () => {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" ? address?.port : undefined;
    const connected = once(server, "connection");
    const child = `'${process.execPath}' -e 'require("net").connect(${port}, "127.0.0.1"); setInterval(() => {}, 1e6)'`;
    const program = await startProgram({ command: `${child} & ${polite}` });
    const [socket] = await connected;
    socket.on("error", () => undefined);
    const gone = once(socket.resume(), "close");
    await program.end();
    await gone;
    server.close();
  });

  test("ends when the run is aborted, and what waits for a result rejects with the reason", async () => {
    const controller = new AbortController();
    const program = await startProgram({ command: afterFirst("read line"), signal: controller.signal });
    const given = program.give(reset, 60_000, deaf);
    controller.abort(new Error("enough"));
    await expect(given).rejects.toThrow("enough");
    await program.end();
  });
});

describe("a run", () => {
  test("starts the program again for the next check where it ended", async () => {
    const starts = join(folder, "starts");
    const command = `echo x >> ${starts}; ${afterFirst(`echo '{"id":2,"ok":true,"result":{}}'; read line; exit 3`)}`;
    const report = await runClientChecks({ command, only: ["ws.text", "ws.pong"] });
    expect(report.findings.map(({ status }) => status)).toEqual(["fail", "fail"]);
    expect(report.findings[1]?.message).toMatch(/ended with exit code 3/);
    expect(readFileSync(starts, "utf8")).toBe("x\nx\n");
  });

  test("rejects with the reason of its abort", async () => {
    const controller = new AbortController();
    const ran = runClientChecks({
      command: [process.execPath, hand, "plain"],
      signal: controller.signal,
      onFinding: () => controller.abort(new Error("enough")),
    });
    await expect(ran).rejects.toThrow("enough");
  });

  test("gives commands that match their published schemas, with ids of their own", async () => {
    const record = join(folder, "commands");
    const only = ["ws.query-once", "ws.give-up", "ws.ping-client", "json.no-bom", "security.bearer-origin"];
    const report = await runClientChecks({
      command: `tee ${record} | '${process.execPath}' ${hand} plain`,
      only,
      target: "a client",
    });
    expect(report).toMatchObject({ target: "a client", summary: { pass: only.length } });
    const lines = readFileSync(record, "utf8").trim().split("\n");
    const matches = new Ajv2020({ strict: false }).compile({ anyOf: Object.values(commandSchemas) });
    expect(lines.filter((line) => !matches(JSON.parse(line)))).toEqual([]);
    const ids = lines.map((line) => JSON.parse(line).id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

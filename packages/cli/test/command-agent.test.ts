import { readFileSync, watch } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { commandAgent } from "../src/command-agent.ts";
import { openArena } from "./arena.ts";
import { fixture, temporaryFolder } from "./folders.ts";

const node = `"${process.execPath}"`;

function policy(name: string, ...args: readonly string[]): string {
  return [node, fixture(`policies/${name}`), ...args].map((part) => (part === node ? part : `'${part}'`)).join(" ");
}

/** A program of one expression. */
function program(code: string): string {
  return `${node} -e '${code}'`;
}

/** The ids that `hangs.js` writes once it and its child run. */
async function idsIn(file: string): Promise<number[]> {
  const written = Promise.withResolvers<number[]>();
  const look = (): void => {
    try {
      written.resolve(JSON.parse(readFileSync(file, "utf8")));
    } catch {
      // not yet there
    }
  };
  const watcher = watch(dirname(file), look);
  look();
  try {
    return await written.promise;
  } finally {
    watcher.close();
  }
}

/** Resolves when no process has this id, or only as a remainder that nobody has collected yet. */
async function gone(pid: number): Promise<void> {
  while (runs(pid)) await new Promise((resolve) => setImmediate(resolve));
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== "linux" || !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

const controllers: AbortController[] = [];
afterEach(() => {
  for (const controller of controllers.splice(0)) controller.abort(new Error("the test is over"));
});

describe("a program as a policy", () => {
  test("is told each observation on a line and answers with actions", async () => {
    await using arena = await openArena();
    const diary = join(temporaryFolder(), "it's a diary.jsonl").replace("'", "");
    const task = { id: "reach-2", reset: { seed: 2 } };
    const [record] = await arena.play({ agent: commandAgent(policy("counts.js", diary)), tasks: [task] });
    expect(record).toMatchObject({ agent: "command", reward: 1, end: "done", steps: [{}, {}] });
    const lines = readFileSync(diary, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines).toEqual([
      {
        observation: { count: 0, target: 2 },
        reward: null,
        done: false,
        metadata: {},
        step: 0,
        task: "reach-2",
        action_schema: expect.objectContaining({ required: ["add"] }),
      },
      { observation: { count: 1, target: 2 }, reward: 0, done: false, metadata: {}, step: 1 },
      { observation: { count: 2, target: 2 }, reward: 1, done: true, metadata: {}, step: 2 },
    ]);
  });

  test("is a process of its own in every episode", async () => {
    await using arena = await openArena();
    const agent = commandAgent(
      program('let n = 1; process.stdin.on("data", () => console.log(JSON.stringify({add: n++})))'),
    );
    const records = await arena.play({ agent, tasks: [undefined, undefined, undefined], concurrency: 2, seed: 3 });
    expect(records.map(({ steps }) => steps.map(({ action }) => action.add))).toEqual([
      [1, 2],
      [1, 2, 3],
      [1, 2, 3],
    ]);
  });

  test("is a command of the shell, with its quoting", async () => {
    await using arena = await openArena();
    const agent = commandAgent(`ADD="1" sh -c 'while read -r line; do echo "{\\"add\\": $ADD}"; done' # a comment`);
    const [record] = await arena.play({ agent, seed: 2 });
    expect(record).toMatchObject({ reward: 1, end: "done" });
  });

  test("is read line by line, also where it does not end its last line", async () => {
    await using arena = await openArena();
    const agent = commandAgent(`printf '{"add": 1}'`);
    const [record] = await arena.play({ agent, seed: 1 });
    expect(record).toMatchObject({ reward: 1, end: "done" });
  });
});

describe("a program that does wrong fails its episode, and only that", () => {
  test.each([
    ["ends without an action", "exit 3", /wrote no action: it exited with code 3/],
    ["is killed", "kill -9 $$", /wrote no action: it exited with SIGKILL/],
    ["does not exist", "no-such-program-anywhere 2>&-", /wrote no action: it exited with code 127/],
    ["prints garbage", "echo thinking...", /a line that is not JSON: thinking\.\.\./],
    ["prints an empty line", "echo", /a line that is not JSON/],
    ["prints something else than an object", "echo '[1]'", /an action that is no object: \[1\]/],
  ])("when it %s", async (_, command, message) => {
    await using arena = await openArena();
    const records = await arena.play({ agent: commandAgent(command), tasks: [undefined, undefined] });
    expect(records.map(({ error }) => error)).toEqual([
      { code: "agent", message: expect.stringMatching(message) },
      { code: "agent", message: expect.stringMatching(message) },
    ]);
  });

  test("when it ends after its first action", async () => {
    await using arena = await openArena();
    const [record] = await arena.play({ agent: commandAgent(`echo '{"add": 1}'`), seed: 3 });
    expect(record).toMatchObject({ steps: [{ action: { add: 1 } }], end: "error", error: { code: "agent" } });
  });
});

describe("a program that hangs", () => {
  test("is killed with its children when the run is aborted", async () => {
    await using arena = await openArena();
    const file = join(temporaryFolder(), "ids.json");
    const controller = new AbortController();
    controllers.push(controller);
    const run = arena.play({ agent: commandAgent(policy("hangs.js", file)), signal: controller.signal });
    const reported = expect(run).rejects.toThrow("enough");
    const ids = await idsIn(file);
    controller.abort(new Error("enough"));
    await reported;
    await Promise.all(ids.map(gone));
    expect(ids).toHaveLength(2);
  });

  test("is killed with its children when its episode is over", async () => {
    await using arena = await openArena();
    const file = join(temporaryFolder(), "ids.json");
    const agent = commandAgent(`echo '{"add": 1}'; ${policy("hangs.js", file)}`);
    const begun = Promise.withResolvers<void>();
    const [record] = await arena.play({
      agent: {
        name: "waits for the program",
        begin(briefing) {
          const inner = agent.begin(briefing);
          return {
            ...inner,
            async act(outcome) {
              const action = await inner.act(outcome);
              await idsIn(file);
              begun.resolve();
              return action;
            },
          };
        },
      },
    });
    await begun.promise;
    await Promise.all((await idsIn(file)).map(gone));
    expect(record).toMatchObject({ reward: 1, end: "done" });
  });

  test("is killed at once where the run is aborted already", async () => {
    const agent = commandAgent(policy("hangs.js", join(temporaryFolder(), "ids.json")));
    const inner = agent.begin({ task: undefined, actionSchema: {}, signal: AbortSignal.abort() });
    const outcome = { observation: {}, reward: null, done: false, metadata: {} };
    await expect(inner.act(outcome)).rejects.toThrow(/SIGKILL/);
    await inner.end(outcome);
  });
});

import type { EpisodeRecord } from "@openenv/schema";
import { describe, expect, test } from "vitest";
import { formatReward, formatTable, plain, type Screen, showProgress } from "../src/terminal.ts";

function screen(columns?: number): Screen & { text(): string; lines(): string[] } {
  let text = "";
  return {
    ...(columns !== undefined && { isTTY: true, columns }),
    write(more) {
      text += more;
    },
    text: () => text,
    lines: () =>
      text
        .replaceAll("\r\u001b[2K", "\n")
        .split("\n")
        .filter((line) => line !== ""),
  };
}

function record(id: string, changes: Partial<EpisodeRecord> = {}): EpisodeRecord {
  return {
    version: 1,
    episode_id: "e1",
    environment: "counting",
    task: { id },
    seed: null,
    started_at: "2026-11-21T00:00:00.000Z",
    duration_s: 1.234,
    reset: { options: {}, observation: {}, reward: null, done: false, duration_s: 0 },
    steps: [],
    reward: 0.5,
    end: "done",
    ...changes,
  };
}

describe("progress", () => {
  test("is a line per episode where there is no terminal", () => {
    const out = screen();
    const progress = showProgress("oracle", 2, out);
    progress.episode(record("a"));
    progress.episode(record("b", { error: { code: "agent", message: "no\u001b[2J idea\nat all" } }));
    progress.stop();
    expect(out.text()).toBe(
      "oracle 1/2 a: reward 0.5, 0 steps, 1.23 s\noracle 2/2 b: error no [2J idea at all, 0 steps, 1.23 s\n",
    );
  });

  test("is a bar that grows on a terminal, and ends with its line", () => {
    const out = screen(80);
    const progress = showProgress("oracle", 2, out);
    progress.episode(record("a"));
    progress.episode(record("b"));
    progress.stop();
    progress.stop();
    expect(out.lines()).toEqual([
      `oracle ${"─".repeat(30)} 0/2 `,
      `oracle ${"━".repeat(15)}${"─".repeat(15)} 1/2 a`,
      `oracle ${"━".repeat(30)} 2/2 b`,
      `oracle ${"━".repeat(30)} 2/2 `,
    ]);
    expect(out.text().endsWith("\n")).toBe(true);
  });

  test("leaves the cursor and the keyboard alone", () => {
    const out = screen(80);
    const listeners = process.stdin.listenerCount("keypress");
    const progress = showProgress("oracle", 1, out);
    expect(process.stdin.listenerCount("keypress")).toBe(listeners);
    expect(out.text()).not.toContain("\u001b[?25l");
    progress.stop();
  });

  test.each([200, 80, 40, 20])("never fills a line of %i characters, however long the task is", (columns) => {
    const out = screen(columns);
    const progress = showProgress("oracle", 1000, out);
    progress.episode(record("x".repeat(300)));
    progress.stop();
    expect(Math.max(...out.lines().map((line) => line.length))).toBeLessThan(columns);
  });
});

test.each([
  [null, "–"],
  [0, "0"],
  [1, "1"],
  [1 / 3, "0.333"],
  [-0.5, "-0.5"],
])("the reward %s is shown as %s", (reward, text) => {
  expect(formatReward(reward)).toBe(text);
});

test("a table has columns as wide as their widest cell, numbers to the right, and nothing a terminal obeys", () => {
  const table = formatTable(
    ["task", "reward", ""],
    [
      ["long-name", "1", "done"],
      ["b\u001b]0;title\u0007", "0.25", ""],
    ],
  );
  expect(table.split("\n")).toEqual([
    "task         reward",
    "───────────  ──────  ────",
    "long-name         1  done",
    "b ]0;title     0.25",
  ]);
});

test("a table without rows is its head", () => {
  expect(formatTable(["task"], [])).toBe("task\n────");
});

test("control characters of others are not shown", () => {
  expect(plain("a\u001b[31mred\u0007\r\n\u009bb — ü")).toBe("a [31mred b — ü");
});

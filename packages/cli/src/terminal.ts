import { styleText } from "node:util";
import { progress } from "@clack/prompts";
import type { EpisodeRecord } from "@openenv/schema";

/** Styles text for standard output; plain where it is no terminal or colours are turned off. */
export function style(format: Parameters<typeof styleText>[0], text: string): string {
  return styleText(format, text, { stream: process.stdout });
}

/** Tells how far a run of episodes is. */
export interface RunProgress {
  episode(record: EpisodeRecord): void;
  stop(): void;
}

/** A bar on a terminal, a line per episode elsewhere. */
export function showProgress(title: string, total: number): RunProgress {
  let ended = 0;
  if (!process.stdout.isTTY) {
    return {
      episode(record) {
        ended++;
        console.log(`${title} ${ended}/${total} ${describeEpisode(record)}`);
      },
      stop: () => undefined,
    };
  }
  const bar = progress({ max: total, size: 30 });
  let running = true;
  bar.start(title);
  return {
    episode(record) {
      ended++;
      bar.advance(1, `${title} ${ended}/${total} ${record.task?.id ?? ""}`);
    },
    stop() {
      if (running) bar.stop(`${title} ${ended}/${total}`);
      running = false;
    },
  };
}

function describeEpisode(record: EpisodeRecord): string {
  const name = record.task?.id ?? record.episode_id ?? "episode";
  const outcome =
    record.error === undefined ? `reward ${formatReward(record.reward)}` : `error ${record.error.message}`;
  return `${name}: ${outcome}, ${record.steps.length} steps, ${record.duration_s.toFixed(2)} s`;
}

/** Three decimals at most; a missing reward is a dash, not a zero. */
export function formatReward(reward: number | null): string {
  return reward === null ? "–" : String(Math.round(reward * 1000) / 1000);
}

/** Columns padded to their widest cell; numbers to the right. */
export function formatTable(head: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? "").length)));
  const numeric = head.map((_, column) => rows.every((row) => /^[\d.,–-]*( s)?$/.test(row[column] ?? "")));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (numeric[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join("  ")
      .trimEnd();
  return [style("bold", line(head)), line(widths.map((width) => "─".repeat(width))), ...rows.map(line)].join("\n");
}

import { styleText } from "node:util";
import type { EpisodeRecord } from "@openenv/schema";

/** Styles text for standard output; plain where it is no terminal or colours are turned off. */
export function style(format: Parameters<typeof styleText>[0], text: string): string {
  return styleText(format, text, { stream: process.stdout });
}

/** Text of a server or a task as it can be shown: without the control characters that a terminal would obey. */
export function plain(text: string): string {
  return text.replace(/\p{Cc}+/gu, " ");
}

/** Tells how far a run of episodes is. */
export interface RunProgress {
  episode(record: EpisodeRecord): void;
  stop(): void;
}

/** What progress is written to. */
export interface Screen {
  isTTY?: boolean;
  /** Width, in characters. */
  columns?: number;
  write(text: string): unknown;
}

const barLength = 30;
const clearLine = "\r\u001b[2K";

/**
 * A bar on a terminal, a line per episode elsewhere. The bar leaves the keyboard and the cursor alone, so that Ctrl-C stays
 * a signal and there is nothing to restore: the bars of prompt libraries turn it into an exit of their own.
 */
export function showProgress(title: string, total: number, screen: Screen = process.stdout): RunProgress {
  let ended = 0;
  if (screen.isTTY !== true) {
    return {
      episode(record) {
        ended++;
        screen.write(`${title} ${ended}/${total} ${describeEpisode(record)}\n`);
      },
      stop: () => undefined,
    };
  }

  const { columns = 80 } = screen;
  let running = true;
  function draw(detail: string): void {
    const count = `${ended}/${total}`;
    const length = Math.max(0, Math.min(barLength, columns - title.length - count.length - 4));
    const full = Math.round((length * ended) / Math.max(total, 1));
    const room = Math.max(0, columns - title.length - length - count.length - 4);
    const bar = `${style("green", "━".repeat(full))}${style("dim", "─".repeat(length - full))}`;
    screen.write(`${clearLine}${title} ${bar} ${count} ${plain(detail).slice(0, room)}`);
  }
  draw("");
  return {
    episode(record) {
      ended++;
      draw(nameOf(record));
    },
    stop() {
      if (!running) return;
      running = false;
      draw("");
      screen.write("\n");
    },
  };
}

function nameOf(record: EpisodeRecord): string {
  return record.task?.id ?? record.episode_id ?? "episode";
}

function describeEpisode(record: EpisodeRecord): string {
  const outcome =
    record.error === undefined ? `reward ${formatReward(record.reward)}` : `error ${record.error.message}`;
  return plain(`${nameOf(record)}: ${outcome}, ${record.steps.length} steps, ${record.duration_s.toFixed(2)} s`);
}

/** Three decimals at most; a missing reward is a dash, not a zero. */
export function formatReward(reward: number | null): string {
  return reward === null ? "–" : String(Math.round(reward * 1000) / 1000);
}

/** Columns padded to their widest cell; numbers to the right. */
export function formatTable(head: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
  const shown = rows.map((row) => row.map(plain));
  const widths = head.map((title, column) =>
    shown.reduce((width, row) => Math.max(width, (row[column] ?? "").length), title.length),
  );
  const numeric = head.map((_, column) => shown.every((row) => /^[\d.,–-]*( s)?$/.test(row[column] ?? "")));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (numeric[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join("  ")
      .trimEnd();
  return [style("bold", line(head)), line(widths.map((width) => "─".repeat(width))), ...shown.map(line)].join("\n");
}

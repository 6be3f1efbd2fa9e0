/** What progress is written to: a terminal, or nothing to look at. */
export interface Screen {
  isTTY?: boolean;
  /** Width in characters. */
  columns?: number;
  write(text: string): unknown;
}

const barLength = 30;
const clearLine = "\r\u001b[2K";

/** Tells how far a run is, on one line that is gone at the end. Nothing is written where nobody looks at a terminal. */
export function showProgress(screen: Screen): { at(made: number, all: number, what: string): void; stop(): void } {
  if (screen.isTTY !== true) return { at: () => undefined, stop: () => undefined };
  return {
    at(made, all, what) {
      const full = Math.round((barLength * made) / Math.max(all, 1));
      const line = `${"━".repeat(full)}${"─".repeat(barLength - full)} ${made}/${all} ${what}`;
      screen.write(clearLine + line.slice(0, (screen.columns ?? 80) - 1));
    },
    stop() {
      screen.write(clearLine);
    },
  };
}

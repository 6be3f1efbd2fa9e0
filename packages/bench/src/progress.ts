import { stderr } from "node:process";

/** Tells on standard error what is being measured: one line that changes on a terminal, else one line each. */
export interface Progress {
  at(index: number, of: number, what: string): void;
  end(): void;
}

export function openProgress(): Progress {
  const startMs = Date.now();
  return {
    at(index, of, what) {
      const seconds = Math.round((Date.now() - startMs) / 1000);
      const line = `[${index}/${of}] ${what} (${seconds} s)`;
      stderr.write(stderr.isTTY ? `\r\x1b[K${line}` : `${line}\n`);
    },
    end() {
      if (stderr.isTTY) stderr.write("\r\x1b[K");
    },
  };
}

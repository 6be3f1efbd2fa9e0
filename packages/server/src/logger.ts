import type { Logger } from "./environment.ts";

/** Warnings and errors to standard error; the rest to nowhere. */
export const consoleLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: (message) => console.warn(message),
  error: (message) => console.error(message),
};

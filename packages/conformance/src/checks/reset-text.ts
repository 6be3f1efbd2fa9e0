import type { Server } from "../server.ts";

/**
 * A reset as text, with these members of `data`, written as they are, after the options that every reset needs: not every text survives
 * being parsed and written again.
 */
export function resetText(server: Server, members: string): string {
  const needed = JSON.stringify(server.resetOptions).slice(1, -1);
  return `{"type":"reset","data":{${[needed, members].filter((part) => part !== "").join(",")}}}`;
}

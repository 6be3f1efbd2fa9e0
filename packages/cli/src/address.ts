import { UsageError } from "./usage-error.ts";

/** Whether a target is the address of a server, and not an environment. */
export function isAddress(where: string): boolean {
  return /^(https?|wss?):\/\/|^unix:\//.test(where);
}

/** @throws {UsageError} for what is meant as an address and is none, such as `localhost:8000`. */
export function requireAddress(where: string): void {
  if (isAddress(where) && URL.canParse(where)) return;
  throw new UsageError(
    `"${where}" is no address of a server`,
    looksLikeHost(where)
      ? `Did you mean http://${where} ?`
      : "An address begins with http://, https://, ws://, wss:// or unix:/.",
  );
}

/** `localhost:8000` and the like: a host and a port, without what an address begins with. */
export function looksLikeHost(where: string): boolean {
  return /^[\w.-]+:\d+(\/|$)/.test(where);
}

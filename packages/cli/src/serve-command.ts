import { once } from "node:events";
import { isJsonObject, type JsonObject, messageOf } from "@openenv/schema";
import type { Mode } from "@openenv/server";
import { type ListeningServer, type ServeOptions, serve } from "@openenv/server/node";
import { interruptSignal } from "./interrupt.ts";
import { loadEnvironment } from "./load-environment.ts";
import { style } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

/** What the command line of `serve` may hold. */
export interface ServeFlags {
  host: string;
  port: number;
  unix?: string;
  mode: Mode;
  maxSessions?: number;
  idleTimeout?: number;
  sandbox: string;
  reset?: string;
  allowOrigin?: string[];
}

/** Serves an environment until it is interrupted, then shuts down in order. */
export async function serveCommand(where: string, flags: ServeFlags): Promise<number> {
  const environment = await loadEnvironment(where);
  const options: ServeOptions = {
    host: flags.host,
    port: flags.port,
    unix: flags.unix,
    mode: flags.mode,
    sandbox: flags.sandbox,
    ...(flags.maxSessions !== undefined && { maxSessions: flags.maxSessions }),
    ...(flags.idleTimeout !== undefined && { idleTimeoutMs: flags.idleTimeout * 1000 }),
    ...(flags.reset !== undefined && { reset: readReset(flags) }),
    ...(flags.allowOrigin !== undefined && { allowedOrigins: flags.allowOrigin }),
  };
  const interrupt = interruptSignal();
  try {
    const listening = await serve(environment, options).catch((reason: unknown) => {
      throw explain(reason, flags);
    });
    announce(listening, environment.name);
    if (!interrupt.signal.aborted) await once(interrupt.signal, "abort");
    console.log("shutting down: running steps may end, sessions are closed");
    await listening.close();
    return 0;
  } finally {
    interrupt.release();
  }
}

function readReset({ reset = "", mode }: ServeFlags): JsonObject {
  if (mode !== "production") {
    throw new UsageError(
      "--reset is for production mode, where the server resets each session",
      "Add --mode production.",
    );
  }
  try {
    const options: unknown = JSON.parse(reset);
    if (isJsonObject(options)) return options;
  } catch {
    // told below, like JSON that is no object
  }
  throw new UsageError(`--reset must be a JSON object, got ${reset}`, `For example: --reset '{"task": "mirror-text"}'`);
}

const listenErrors: readonly unknown[] = ["EACCES", "EADDRNOTAVAIL", "ENOTFOUND", "EAI_AGAIN", "EINVAL", "ENOENT"];

function explain(reason: unknown, { unix, port }: ServeFlags): unknown {
  const { code, syscall } = reason instanceof Error ? { code: undefined, syscall: undefined, ...reason } : {};
  if (syscall !== "listen" && syscall !== "bind" && syscall !== "getaddrinfo") return reason;
  if (code === "EADDRINUSE") {
    return unix === undefined
      ? new UsageError(`port ${port} is taken`, "Choose another with --port, or 0 for a free one.")
      : new UsageError(`${unix} is taken by a server that runs`, "Choose another path with --unix.");
  }
  if (listenErrors.includes(code)) {
    const advice = unix === undefined ? "Choose another --host or --port." : "Choose another path with --unix.";
    return new UsageError(`cannot listen: ${messageOf(reason)}`, advice);
  }
  return reason;
}

function announce({ url, server }: ListeningServer, name: string): void {
  const { mode, maxSessions } = server.options;
  console.log(
    `${style("bold", name)} at ${style("cyan", url)} (${mode}, at most ${Math.min(maxSessions, server.sessions.max)} sessions)`,
  );
  const { sandbox } = server.metadata();
  if (isJsonObject(sandbox)) console.log(`sandbox: ${String(sandbox.tier)}`);
  if (new URL(url).hostname === "0.0.0.0" || new URL(url).hostname === "[::]") {
    console.warn("warning: this address is open to the network, and nobody is asked for a password");
  }
}

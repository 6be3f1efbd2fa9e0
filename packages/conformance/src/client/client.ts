import type { JsonObject } from "../json.ts";
import type { RequirementId } from "../requirements.ts";
import type { Trace } from "../trace.ts";
import { notApplicable, violated } from "../verdict.ts";
import type { CallTool, Command, Connect, Failure, Inspect, Reset, Result, Step } from "./command.ts";
import type { Program } from "./program.ts";
import { openScriptedServer, type ScriptedServer, type ServerScript } from "./scripted-server.ts";

/** How one requirement is observed on a client. It throws `Violation` or `NotApplicable`; returning means pass. */
export interface ClientCheck {
  id: RequirementId;
  run: (client: Client) => Promise<void>;
}

export function requirement(id: RequirementId, run: ClientCheck["run"]): ClientCheck {
  return { id, run };
}

/** What a check sees of the client under test. The servers that it opens are closed when the check has ended. */
export interface Client {
  /** Opens a server that is right except for what the script says. */
  serve(script?: ServerScript): Promise<ScriptedServer>;
  /** Gives a command. Not applicable where the client does not support it. */
  give(command: Command, times?: number): Promise<Result>;
  /** Gives a command that must succeed, and returns its result. It may take `times` as long as others. */
  do(command: Command, times?: number): Promise<JsonObject>;
  /** Gives a command that must fail, and returns why it did. */
  fail(command: Command): Promise<Failure>;
  /** Connects to a server. Returns whether the program takes further commands while it carries one out. */
  connect(server: ScriptedServer, more?: Omit<Connect, "command" | "url">): Promise<boolean>;
  /** Text that occurs nowhere else in the run. */
  mark(): string;
}

export const reset = (options: JsonObject = {}): Reset => ({ command: "reset", options });
export const step = (action: JsonObject = { move: "north" }): Step => ({ command: "step", action });
export const askState: Command = { command: "state" };
export const listTools: Command = { command: "list_tools" };
export const callTool: CallTool = { command: "call_tool", name: "add", arguments: { a: 1, b: 2 } };
export const inspect = ({ url }: ScriptedServer): Inspect => ({ command: "inspect", url });
export const close: Command = { command: "close" };

export interface ClientSettings {
  program: Program;
  trace: Trace;
  deadlineMs: number;
  mark: () => string;
}

/** The client as one check sees it. */
export interface OpenClient {
  client: Client;
  /** Whether the check scripted a WebSocket, and the client stepped over HTTP instead. */
  avoidedSocket(): boolean;
  /** Leaves nothing of the check behind. */
  leave(): Promise<void>;
}

export function createClient({ program, trace, deadlineMs, mark }: ClientSettings): OpenClient {
  const servers: ScriptedServer[] = [];
  const scripted: ScriptedServer[] = [];
  const channel = trace.channel("client");

  async function ask(command: Command, times: number): Promise<Result> {
    const result = await program.give(command, deadlineMs * times, channel);
    if (!result.ok && result.error.kind === "unsupported")
      notApplicable(`the client does not support ${supportOf(command)}: ${result.error.message}`);
    return result;
  }

  const client: Client = {
    mark,
    async serve(script = {}) {
      const server = await openScriptedServer(script, { trace, deadlineMs, nextMark: mark });
      servers.push(server);
      if (script.onMessage !== undefined || script.onOpen !== undefined) scripted.push(server);
      return server;
    },
    give(command, times = 1) {
      const given = ask(command, times);
      // A check that has already failed no longer waits for it.
      given.catch(() => undefined);
      return given;
    },
    async do(command, times) {
      const result = await client.give(command, times);
      return result.ok ? result.result : violated(`${command.command} failed: ${tell(result.error)}`);
    },
    async fail(command) {
      const result = await client.give(command);
      return result.ok ? violated(`${command.command} succeeded, and must not`) : result.error;
    },
    async connect({ url }, more = {}) {
      const { concurrent } = await client.do({ command: "connect", url, ...more });
      return concurrent === true;
    },
  };

  async function leave(): Promise<void> {
    // The next check needs no connection of this one; whether closing works is not what was asked here.
    if (program.sound()) await program.give(close, deadlineMs, channel).catch(() => undefined);
    await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
  }
  const avoidedSocket = (): boolean =>
    scripted.some(
      ({ requests, sockets }) =>
        sockets.length === 0 && requests.some(({ route }) => route === "/reset" || route === "/step"),
    );
  return { client, avoidedSocket, leave };
}

/** The command with the options that not every client has. */
function supportOf({ command, ...options }: Command): string {
  const named = ["session_id", "bearer", "ping_interval_s", "timeout_s"].filter((name) => name in options);
  return [command, ...named].join(" with ");
}

export function tell({ kind, code, message }: Failure): string {
  return `${kind}${code === undefined ? "" : ` ${code}`} (${message})`;
}

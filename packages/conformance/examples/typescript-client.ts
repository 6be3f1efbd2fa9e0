// Puts @openenv/client behind the line protocol of the conformance suite: one JSON command per line comes in on standard input, one
// JSON result per line goes out on standard output. Run it with
//   openenv-conformance client --command "node typescript-client.ts"

import { createInterface } from "node:readline";
import { type Client, type ClientOptions, connect, inspect, ProtocolError, TransportError } from "@openenv/client";
import type { Command, Failure } from "@openenv/conformance";

let client: Client | undefined;

function connected(): Client {
  return client ?? raise(new TransportError("closed", "nothing is connected"));
}

function raise(error: Error): never {
  throw error;
}

function optionsOf({ bearer, session_id, ping_interval_s, timeout_s }: Partial<Command & { command: "connect" }>) {
  const options: ClientOptions = {};
  if (bearer !== undefined) options.bearer = bearer;
  if (session_id !== undefined) options.sessionId = session_id;
  if (ping_interval_s !== undefined) options.pingIntervalMs = ping_interval_s * 1000;
  if (timeout_s !== undefined) options.connectTimeoutMs = timeout_s * 1000;
  return options;
}

async function carryOut(command: Command): Promise<object> {
  const limits = command.timeout_s === undefined ? {} : { timeoutMs: command.timeout_s * 1000 };
  switch (command.command) {
    case "connect":
      await client?.close();
      client = undefined;
      client = await connect(command.url, optionsOf(command));
      return { concurrent: true };
    case "reset": {
      const { episode_id, ...options } = command.options;
      const named = typeof episode_id === "string" ? { ...options, episodeId: episode_id } : options;
      return connected().reset(named, limits);
    }
    case "step":
      return connected().step(command.action, limits);
    case "state":
      return { state: await connected().state(limits) };
    case "list_tools":
      return { tools: await connected().listTools(limits) };
    case "call_tool": {
      const { data, error } = await connected().callTool(command.name, command.arguments, limits);
      return { data, error };
    }
    case "inspect": {
      const server = inspect(command.url, optionsOf(command.bearer === undefined ? {} : { bearer: command.bearer }));
      try {
        const [metadata, schema, tools] = [await server.metadata(), await server.schema(), await server.tools()];
        return { metadata, schema, tools };
      } finally {
        await server.close();
      }
    }
    case "close":
      await client?.close();
      client = undefined;
      return {};
  }
}

function failureOf(reason: unknown): Failure {
  const message = reason instanceof Error ? reason.message : String(reason);
  if (reason instanceof ProtocolError) return { kind: "protocol", code: reason.code, message };
  if (reason instanceof TransportError) return { kind: reason.reason === "timeout" ? "timeout" : "transport", message };
  return { kind: "usage", message };
}

async function answer(line: string): Promise<void> {
  const command: Command & { id: number } = JSON.parse(line);
  const { id } = command;
  const result = await carryOut(command).then(
    (result) => ({ id, ok: true, result }),
    (reason: unknown) => ({ id, ok: false, error: failureOf(reason) }),
  );
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

const lines = createInterface({ input: process.stdin });
// Without waiting: a command may come while another is carried out.
lines.on("line", (line) => void answer(line));
lines.on("close", () => void client?.close());

import { expectThat } from "../../expect.ts";
import type { JsonObject } from "../../json.ts";
import { NotApplicable, violated } from "../../verdict.ts";
import { askState, type Client, callTool, close, inspect, listTools, reset, step, tell } from "../client.ts";
import type { Command, Result } from "../command.ts";
import type { ScriptedServer } from "../scripted-server.ts";

const resets: readonly JsonObject[] = [
  { seed: 42 },
  { seed: 0, episode_id: "run-7/episode-3" },
  { seed: -1, difficulty: "hard", options: { type: "reset", data: [] } },
];

const actions: readonly JsonObject[] = [
  {},
  { move: "north", metadata: { seed: 1, type: "step" } },
  { type: "move", data: { type: "state" }, id: 7, jsonrpc: "2.0" },
  { text: 'ä€😀 \u0000 "quoted" \\ud800 \ufeff', list: [null, true, -0.5, 1e21, { a: { a: 1 } }], "": {} },
];

/** Gives a command that a client need not support. Returns undefined where it does not. */
export async function attempt(client: Client, command: Command): Promise<Result | undefined> {
  try {
    return await client.give(command);
  } catch (reason) {
    if (!(reason instanceof NotApplicable)) throw reason;
    return undefined;
  }
}

/** Has the client use every command, with whatever it may have to write, and returns the server that saw it. */
export async function exercise(client: Client): Promise<ScriptedServer> {
  const server = await client.serve();
  await attempt(client, inspect(server));
  await client.connect(server);
  for (const command of [reset(), step()]) {
    const result = await client.give(command);
    if (!result.ok) violated(`${command.command} failed on a server that conforms: ${tell(result.error)}`);
  }
  for (const options of resets) await attempt(client, reset(options));
  for (const action of actions) await attempt(client, step(action));
  for (const command of [askState, listTools, callTool, close]) await attempt(client, command);
  expectThat(server.requests.length > 0, "the client answered, and asked the server for nothing");
  return server;
}

/** Whether a WebSocket is one at `/ws`; a client may open others at `/mcp`. */
export function isWs({ target }: { target: string }): boolean {
  return /\/ws($|\?)/.test(target);
}

/** The text messages that the server was sent at `/ws`. */
export function texts({ sockets }: ScriptedServer): readonly string[] {
  return sockets
    .filter(isWs)
    .flatMap(({ arrivals }) => arrivals.flatMap((each) => (each.kind === "text" ? each.text : [])));
}

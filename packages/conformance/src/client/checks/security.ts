import { expectThat } from "../../expect.ts";
import { notApplicable, violated } from "../../verdict.ts";
import { askState, type Client, callTool, close, inspect, listTools, requirement, reset, step } from "../client.ts";
import { sessionId } from "../right-answers.ts";
import type { SeenRequest } from "../scripted-server.ts";
import { attempt } from "./exercise.ts";

/** Has the client do everything that it sends an address for. */
async function visit(client: Client, address: string, more: { session_id?: string; bearer?: string }): Promise<void> {
  const { bearer } = more;
  await attempt(client, { command: "connect", url: address, ...more });
  for (const command of [reset(), step(), askState, listTools, callTool, close]) await attempt(client, command);
  await attempt(client, { command: "inspect", url: address, ...(bearer === undefined ? {} : { bearer }) });
}

/** How a client keeps its secrets, and itself. */
export const securityChecks = [
  requirement("security.prefix", async (client) => {
    for (const prefix of ["/envs/7", "/envs/7/", "/a/b-c/d.e"]) {
      const server = await client.serve();
      await client.do({ command: "connect", url: server.url + prefix });
      await visit(client, server.url + prefix, {});
      const kept = prefix.replace(/\/$/, "");
      for (const { target } of server.requests) {
        const [path = ""] = target.split("?");
        expectThat(path.startsWith(`${kept}/`), `below ${prefix} the client asked for ${path}`);
      }
    }
  }),
  requirement("security.id-url", async (client) => {
    const server = await client.serve();
    const session_id = client.mark();
    await client.do({ command: "connect", url: server.url, session_id });
    await visit(client, server.url, { session_id });
    for (const { target, route } of server.requests) {
      const shown = target.includes(session_id) || target.includes(sessionId);
      expectThat(!shown || route === "/ws", `the client put the id of a session into the address ${target}`);
    }
  }),
  requirement("security.bearer-origin", async (client) => {
    const bearer = client.mark();
    for (const status of [301, 302, 307, 308]) {
      const other = await client.serve();
      const redirect = ({ target }: SeenRequest) => ({
        status,
        headers: { Location: other.url + target },
        json: { detail: "moved" },
      });
      const server = await client.serve({ onRequest: redirect });
      await client.give({ command: "connect", url: server.url, bearer });
      await visit(client, server.url, { bearer });
      if (server.requests.length === 0) violated("the client did not connect");
      for (const { target, headers } of other.requests) {
        const shown = JSON.stringify(headers).includes(bearer) || target.includes(bearer);
        expectThat(!shown, `redirected with ${status}, the client sent its bearer to another origin, for ${target}`);
      }
    }
  }),
  requirement("security.client-schema", async (client) => {
    const other = await client.serve();
    const foreign = {
      $schema: `${other.url}/dialect.json`,
      $ref: `${other.url}/schema.json`,
      properties: { move: { $dynamicRef: `${other.url}/move.json#x` } },
    };
    const server = await client.serve({
      onRequest: ({ method, route }) =>
        method === "GET" && route === "/schema"
          ? { status: 200, json: { action: foreign, observation: foreign, state: foreign } }
          : undefined,
    });
    await client.give(inspect(server));
    await client.connect(server);
    for (const command of [reset(), step()]) await client.give(command);
    if (!server.requests.some(({ route }) => route === "/schema"))
      notApplicable("the client does not ask for the schema document");
    const [followed] = other.requests;
    expectThat(followed === undefined, `the client followed a reference to another host, ${followed?.target}`);
  }),
  requirement("security.client-limits", async (client) => {
    const announced = Buffer.alloc(10);
    announced.set([0x81, 127]);
    announced.writeBigUInt64BE(2n ** 50n, 2);
    const server = await client.serve({
      onMessage: ({ type }, socket) => {
        if (type !== "step") return undefined;
        void socket
          .sendBytes(announced)
          .then(() => flood((chunk) => (socket.left ? undefined : socket.sendBytes(chunk))));
        return "silence";
      },
    });
    await client.connect(server);
    await client.do(reset());
    const stepped = client.give(step());
    const [socket] = server.sockets;
    await server.until(() => socket?.left !== false, "the client's giving up on a message of 2^50 bytes");
    const result = await stepped;
    expectThat(!result.ok, "the client told an outcome of a message that never ended");
  }),
];

/** Sends 160 MiB: a client may count what arrives instead of reading what is announced. */
async function flood(send: (chunk: Buffer) => Promise<void> | undefined): Promise<void> {
  const chunk = Buffer.alloc(2 ** 20, "x");
  for (let sent = 0; sent < 160; sent++) await send(chunk);
}

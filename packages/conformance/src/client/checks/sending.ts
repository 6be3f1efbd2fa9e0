import { expectThat } from "../../expect.ts";
import { excerpt, isObject, type JsonObject, parseJson } from "../../json.ts";
import { mismatch } from "../../specification.ts";
import { notApplicable, violated } from "../../verdict.ts";
import { describe } from "../../wire/connection.ts";
import { type Client, close, requirement, reset, step } from "../client.ts";
import { duplicateKey } from "./duplicate-key.ts";
import { exercise, isWs, texts } from "./exercise.ts";

const types: Readonly<Record<string, string>> = {
  reset: "ResetMessage",
  step: "StepMessage",
  state: "StateMessage",
  close: "CloseMessage",
  mcp: "McpMessage",
};

/** The messages of an exercise, without a `hello` at the beginning of a connection, by which a client asks for extensions. */
async function messages(client: Client): Promise<readonly JsonObject[]> {
  const { sockets } = await exercise(client);
  const sent = sockets
    .filter(isWs)
    .flatMap(({ messages }) => messages.filter(({ type }, index) => index > 0 || type !== "hello"));
  if (sent.length === 0) notApplicable("the client does not use the WebSocket");
  return sent;
}

async function everyText(client: Client, isWrong: (text: string) => string | undefined): Promise<void> {
  const server = await exercise(client);
  const bodies = server.requests.flatMap(({ body }) => (body === "" ? [] : [body]));
  for (const text of [...texts(server), ...bodies]) {
    const wrong = isWrong(text);
    if (wrong !== undefined) violated(`${wrong}: ${excerpt(text)}`);
  }
}

const loneSurrogate = /\p{Surrogate}/u;

/** What a client may send. */
export const sendingChecks = [
  requirement("ws.text", async (client) => {
    const { sockets } = await exercise(client);
    for (const arrival of sockets.flatMap(({ arrivals }) => arrivals)) {
      const unfit = arrival.kind === "binary" || arrival.kind === "broken";
      expectThat(!unfit, `expected text messages, got ${describe(arrival)}`);
      if (arrival.kind === "text")
        expectThat(isObject(parseJson(arrival.text)), `a text message is not one message: ${excerpt(arrival.text)}`);
    }
  }),
  requirement("ws.client-envelope", async (client) => {
    for (const { type, data: _, ...beside } of await messages(client)) {
      const [key] = Object.keys(beside);
      expectThat(
        key === undefined,
        `a message of type ${JSON.stringify(type)} has the key ${key} beside type and data`,
      );
    }
  }),
  requirement("ws.client-schema", async (client) => {
    for (const message of await messages(client)) {
      const schema = typeof message.type === "string" ? types[message.type] : undefined;
      const wrong = mismatch(schema ?? "ClientMessage", message);
      expectThat(wrong === undefined, `${wrong}: ${excerpt(JSON.stringify(message))}`);
    }
  }),
  requirement("ws.extension-announced", async (client) => {
    for (const { type, data: _, ...beside } of await messages(client)) {
      expectThat(typeof type === "string" && type in types, `there is no message of type ${JSON.stringify(type)}`);
      expectThat(
        Object.keys(beside).length === 0,
        `a message has the keys ${Object.keys(beside)} beside type and data`,
      );
    }
  }),
  requirement("json.duplicate-keys", (client) =>
    everyText(client, (text) => {
      const key = duplicateKey(text);
      return key === undefined ? undefined : `the key ${JSON.stringify(key)} stands twice in an object`;
    }),
  ),
  requirement("json.no-bom", (client) =>
    everyText(client, (text) => (text.startsWith("\ufeff") ? "a text begins with a byte order mark" : undefined)),
  ),
  requirement("json.surrogates", async (client) => {
    const server = await client.serve();
    await client.connect(server);
    await client.do(reset());
    // A client may refuse such a string, or replace what it cannot send.
    for (const text of ["\ud800", "\udfff", "a\udc00\ud800b"]) await client.give(step({ text }));
    for (const text of texts(server)) {
      const value = JSON.stringify(parseJson(text), (_, each: unknown) =>
        typeof each === "string" && loneSurrogate.test(each) ? { lone: true } : each,
      );
      expectThat(!value.includes('{"lone":true}'), `a string has a lone surrogate: ${text}`);
    }
  }),
  requirement("ws.query-once", async (client) => {
    const server = await client.serve();
    const session_id = client.mark();
    // An address may have a query of its own; a client may refuse such an address.
    for (const query of ["", `?session_id=${session_id}`, "?session_id=another&x=1"]) {
      await client.give({ command: "connect", url: server.url + query, session_id });
      await client.give(close);
    }
    if (server.requests.length === 0) notApplicable("connecting asks the server for nothing");
    for (const { target } of server.requests) {
      const given = new URL(target, server.url).searchParams.getAll("session_id");
      expectThat(given.length <= 1, `session_id stands ${given.length} times in ${target}`);
    }
  }),
  requirement("http.body-plain", async (client) => {
    const { requests } = await exercise(client);
    const withBody = requests.filter(({ body, method }) => method === "POST" && body !== "");
    if (withBody.length === 0) notApplicable("the client sends no bodies over HTTP");
    for (const { target, headers } of withBody) {
      const encoding = headers["content-encoding"] ?? "identity";
      expectThat(encoding === "identity", `the body of ${target} has the content encoding ${encoding}`);
    }
  }),
  requirement("http.path-plain", async (client) => {
    for (const { target } of (await exercise(client)).requests) {
      const [path = ""] = target.split("?");
      expectThat(!path.includes("%"), `the path of a route is percent-encoded: ${path}`);
    }
  }),
];

// Replays the stories of spec/stories.md, as the data in spec/vectors/, on this server.
import { readdirSync, readFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { compileValidator, isJsonObject, type JsonObject, parseJson } from "@openenv/schema";
import Type from "typebox";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { Vector, type VectorEvent } from "../../schema/scripts/vector.ts";
import { defineEnvironment, tool } from "../src/index.ts";
import { type ListeningServer, serve } from "../src/node.ts";
import { silent } from "./environments.ts";

/** The environment that spec/stories.md describes. */
const guess = defineEnvironment({
  name: "guess",
  description: "Guess a number between 1 and 100.",
  version: "1.0.0",
  action: Type.Object({ guess: Type.Integer({ minimum: 1, maximum: 100 }) }),
  observation: Type.Object({ hint: Type.Enum(["start", "higher", "lower", "found"]) }),
  state: Type.Object({ guesses: Type.Integer({ minimum: 0 }) }),
  resetOptions: Type.Object({ target: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })) }),
  tools: {
    range: tool({ description: "The numbers that are left.", input: Type.Object({}) }),
    divide: tool({
      description: "Divides a by b.",
      input: Type.Object({ a: Type.Number(), b: Type.Number() }),
      run: ({ a, b }) => (b === 0 ? fail("division by zero") : a / b),
    }),
  },
  create: () => {
    let target = 50;
    let guesses = 0;
    let left = { low: 1, high: 100 };
    const steps = {
      higher: (number: number) => ({ ...left, low: number + 1 }),
      lower: (number: number) => ({ ...left, high: number - 1 }),
      found: () => left,
    };
    return {
      reset: ({ target: chosen, seed }) => {
        target = chosen ?? (seed === undefined ? 50 : 1 + (((seed % 100) + 100) % 100));
        guesses = 0;
        left = { low: 1, high: 100 };
        return { observation: { hint: "start" } };
      },
      step: ({ guess: number }) => {
        const hint =
          number === 13 ? fail("13 is unlucky") : number === target ? "found" : number < target ? "higher" : "lower";
        guesses++;
        left = steps[hint](number);
        return { observation: { hint }, reward: hint === "found" ? 1 : 0, done: hint === "found" };
      },
      state: () => ({ guesses }),
      tools: { range: () => left },
    };
  },
});

function fail(why: string): never {
  throw new Error(why);
}

const vectorFile = compileValidator<Vector>(Vector);
const folder = new URL("../../../spec/vectors/", import.meta.url);

const stories = readdirSync(folder).map((file) => {
  const vector = parseJson(readFileSync(new URL(file, folder), "utf8"));
  return vectorFile.check(vector) ? { file, vector } : fail(`${file}: ${JSON.stringify(vectorFile.findings(vector))}`);
});

type Names = Map<string, string>;

/** What was sent or expected, with the values of the names that are known. */
const fill = (text: string, names: Names): string =>
  text.replaceAll(/\$([a-z]+)/g, (whole, name: string) => names.get(name) ?? whole);

/** A matcher for what a story expects; a name that is met for the first time is given what stands there. */
function expected(value: unknown, actual: unknown, names: Names): unknown {
  if (Array.isArray(value)) return expectedArray(value, actual, names);
  if (isJsonObject(value)) return expectedObject(value, actual, names);
  return typeof value === "string" ? expectedText(value, actual, names) : value;
}

function expectedArray(items: unknown[], actual: unknown, names: Names): unknown {
  const open = items.at(-1) === "...";
  const own = items.slice(0, open ? -1 : undefined);
  const matchers = own.map((each, index) => expected(each, Reflect.get(Object(actual), index), names));
  return open ? expect.arrayContaining(matchers) : matchers;
}

function expectedObject({ "...": more, ...keys }: JsonObject, actual: unknown, names: Names): unknown {
  const own = Object.entries(keys).map(([key, value]) => [
    key,
    expected(value, Reflect.get(Object(actual), key), names),
  ]);
  return more === true ? expect.objectContaining(Object.fromEntries(own)) : Object.fromEntries(own);
}

function expectedText(text: string, actual: unknown, names: Names): unknown {
  const [, name = "", not = "", part = ""] = /^\$([a-z]+)(?:\((!?)(.+)\))?$/.exec(text) ?? [];
  if (name === "any") return actual ?? (actual === null ? null : expect.anything()); // what is not there is no value
  if (not === "!") return expect.stringMatching(new RegExp(`^(?!.*${part})`, "s"));
  if (name === "text") return expect.stringContaining(part);
  if (name !== "" && !names.has(name) && typeof actual === "string") names.set(name, actual);
  return fill(text, names);
}

interface Peer {
  socket: WebSocket;
  /** The next message, or how the connection ended. */
  next(): Promise<unknown>;
}

async function connect(url: string, headers: Record<string, string>): Promise<Peer> {
  const socket = new WebSocket(url, { headers });
  const arrived: unknown[] = [];
  const waiting: Array<(frame: unknown) => void> = [];
  socket.on("message", (data) => {
    const frame = parseJson(data.toString());
    const taker = waiting.shift();
    return taker === undefined ? arrived.push(frame) : taker(frame);
  });
  onTestFinished(() => socket.terminate());
  const closed = new Promise<number>((resolve) => socket.once("close", resolve));
  await new Promise((resolve) => socket.once("open", resolve));
  return {
    socket,
    next: () =>
      arrived.length > 0
        ? Promise.resolve(arrived.shift())
        : Promise.race([new Promise((resolve) => waiting.push(resolve)), closed.then((code) => ({ closed: code }))]),
  };
}

interface Answer {
  status: number | undefined;
  headers: JsonObject;
  json: unknown;
}

function ask(url: string, method: string, headers: Record<string, string>, body: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers }, (response) => {
      let text = "";
      response.on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () =>
        resolve({ status: response.statusCode, headers: response.headers, json: parseJson(text) }),
      );
    });
    request.on("error", reject);
    request.end(body);
  });
}

const fillHeaders = (headers: Record<string, string>, names: Names): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, fill(value, names)]));

type Sent = Extract<VectorEvent, { event: "send" }>;

function frameOf(event: Sent, names: Names): Buffer | string {
  if ("binary" in event) return Buffer.from(event.binary, "hex");
  return fill("text" in event ? event.text : JSON.stringify(event.json), names);
}

/** Does what a story's events say, or compares with what they say. */
async function replay({ url, close }: ListeningServer, events: readonly VectorEvent[]): Promise<void> {
  const names: Names = new Map();
  const peers = new Map<number, Peer>();
  const peer = (socket: number): Peer => peers.get(socket) ?? fail(`socket ${socket} is not connected`);
  let last: Answer | undefined;

  for (const [index, event] of events.entries()) {
    const where = `event ${index}: ${JSON.stringify(event)}`;
    switch (event.event) {
      case "connect":
        peers.set(
          event.socket,
          await connect(url.replace("http:", "ws:") + fill(event.path, names), fillHeaders(event.headers, names)),
        );
        break;
      case "send":
        peer(event.socket).socket.send(frameOf(event, names));
        break;
      case "receive": {
        const frame = await peer(event.socket).next();
        expect(frame, where).toEqual(expected(event.json, frame, names));
        break;
      }
      case "leave":
        peer(event.socket).socket.close(1000);
        break;
      case "closed":
        expect(await peer(event.socket).next(), where).toEqual({ closed: event.code });
        break;
      case "request": {
        const { method, path, headers, body } = event;
        last = await ask(url + fill(path, names), method, fillHeaders(headers, names), fill(body ?? "", names));
        break;
      }
      case "answer": {
        const { status, headers, json } = event;
        const told = expectedObject({ ...headers, "...": true }, last?.headers, names);
        expect(last, where).toEqual({ status, headers: told, json: expected(json, last?.json, names) });
        break;
      }
      case "shutdown":
        void close();
        break;
    }
  }
}

describe("the stories of the specification", () => {
  test.each(stories)("$file: $vector.title", async ({ vector }) => {
    const { max_sessions: maxSessions, ...options } = vector.server;
    const server = await serve(guess, { port: 0, logger: silent, ...options, ...(maxSessions && { maxSessions }) });
    onTestFinished(() => server.close());
    await replay(server, vector.events);
  });
});

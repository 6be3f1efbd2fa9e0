import { type RawData, WebSocket } from "ws";
import type { RequirementId } from "../../src/index.ts";
import { createFrameParser } from "../../src/wire/frames.ts";

export type Message = Record<string, unknown>;

/** Why a command failed, as the line protocol tells it. */
export class HandError extends Error {
  readonly kind: "protocol" | "transport" | "timeout" | "usage";
  readonly code: string | undefined;
  constructor(kind: HandError["kind"], message: string, code?: string) {
    super(message);
    this.kind = kind;
    this.code = code;
  }
}

/** Whether the client is to break this requirement. */
export type IsBroken = (id: RequirementId) => boolean;

export interface SocketOptions {
  bearer?: string;
  pingMs?: number;
}

/** One WebSocket: messages out, replies in their order. */
export interface HandSocket {
  readonly closeCode: number | undefined;
  /** Why it is of no use any more. */
  readonly ended: HandError | undefined;
  ask(message: Message, timeoutMs: number): Promise<Message>;
  close(): Promise<void>;
}

interface Waiter {
  resolve: (reply: Message) => void;
  reject: (error: HandError) => void;
}

const isMessage = (value: unknown): value is Message => typeof value === "object" && value !== null;
const mebibyte = 2 ** 20;

export async function openHandSocket(url: string, isBroken: IsBroken, options: SocketOptions): Promise<HandSocket> {
  const { bearer, pingMs } = options;
  const socket = new WebSocket(url, {
    perMessageDeflate: false,
    autoPong: !isBroken("ws.pong"),
    maxPayload: isBroken("security.client-limits") ? 0 : (isBroken("ws.size-client") ? 16 : 100) * mebibyte,
    headers: bearer === undefined ? {} : { authorization: `Bearer ${bearer}` },
  });
  const waiters: Waiter[] = [];
  const surplus: Message[] = [];
  let ended: HandError | undefined;
  let refusal: HandError | undefined;
  let closeCode: number | undefined;
  let missed = 0;

  function end(error: HandError): void {
    ended ??= error;
    for (const { reject } of waiters.splice(0)) reject(ended);
  }

  function onReply(reply: Message): void {
    const waiter = waiters.shift();
    if (waiter !== undefined) waiter.resolve(reply);
    else if (reply.type === "error" && !isBroken("ws.unsolicited-error")) end(errorOf(reply));
    else if (isBroken("ws.surplus-reply")) surplus.push(reply);
    else {
      end(new HandError("transport", "a reply that answers nothing"));
      socket.close();
    }
  }

  function onText(data: RawData): void {
    const reply: unknown = JSON.parse(String(data));
    if (!isMessage(reply)) return;
    const keys = Object.keys(reply).filter((key) => key !== "type" && key !== "data");
    if (isBroken("ws.envelope-tolerance") && keys.length > 0 && reply.jsonrpc === undefined)
      end(new HandError("transport", `unknown keys ${keys}`));
    else if (isBroken("error.close-unknown") && reply.type === "error") refusal = errorOf(reply);
    else onReply(reply);
  }

  socket.on("message", onText);
  socket.on("error", (error) => {
    ended ??= new HandError("transport", error.message);
  });
  socket.on("pong", () => {
    missed = 0;
  });
  socket.on("close", (code) => {
    closeCode = code;
    const refused = refusal !== undefined && code === 1013 ? refusal : undefined;
    end(refused ?? new HandError("transport", `closed with ${code}`));
  });
  if (isBroken("ws.fragments"))
    socket.on("upgrade", ({ socket: stream }) => stream.on("data", refuseFragments(socket)));
  const pinger = setInterval(() => {
    if (waiters.length >= 32 && !isBroken("ws.ping-client")) missed = 0;
    if (missed >= 2) socket.terminate();
    missed += 1;
    socket.ping();
  }, pingMs ?? 20_000);
  socket.on("close", () => clearInterval(pinger));

  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("unexpected-response", (_, response) => {
      socket.on("error", () => undefined);
      socket.terminate();
      const { location } = response.headers;
      if (!isBroken("security.bearer-origin") || location === undefined)
        return reject(new HandError("transport", `refused with ${response.statusCode}`));
      openHandSocket(location, isBroken, options).then(() => reject(new HandError("transport", "moved")), reject);
    });
    socket.once("close", () => reject(ended));
  });

  return {
    get closeCode() {
      return closeCode;
    },
    get ended() {
      return ended;
    },
    ask(message, timeoutMs) {
      if (ended !== undefined) return Promise.reject(ended);
      const { promise, resolve, reject } = Promise.withResolvers<Message>();
      const stale = surplus.shift();
      if (stale !== undefined) return Promise.resolve(stale);
      const waiter = { resolve, reject };
      waiters.push(waiter);
      socket.send(writeText(message, isBroken), { binary: isBroken("ws.text") });
      const timer = setTimeout(() => {
        if (isBroken("ws.give-up")) waiters.splice(waiters.indexOf(waiter), 1);
        else socket.terminate();
        reject(new HandError("timeout", "no reply in time"));
      }, timeoutMs);
      return promise.finally(() => clearTimeout(timer));
    },
    async close() {
      const closed = new Promise((resolve) => socket.once("close", resolve));
      if (socket.readyState === WebSocket.CLOSED) return;
      if (socket.readyState === WebSocket.OPEN) socket.send(writeText({ type: "close" }, isBroken));
      socket.close();
      await closed;
    },
  };
}

function writeText(message: Message, isBroken: IsBroken): string {
  const text = JSON.stringify(isBroken("ws.client-envelope") ? { ...message, sender: "hand" } : message);
  if (/\\ud[89a-f]/.test(text.replaceAll("\\\\", "")) && !isBroken("json.surrogates"))
    throw new HandError("usage", "a lone surrogate");
  if (isBroken("json.duplicate-keys")) return text.replace('{"type"', '{"type":"state","type"');
  return isBroken("json.no-bom") && message.type === "state" ? `\ufeff${text}` : text;
}

function refuseFragments(socket: WebSocket): (chunk: Buffer) => void {
  const parse = createFrameParser();
  return (chunk) => {
    if (parse(chunk).some(({ fin }) => !fin)) socket.terminate();
  };
}

export function errorOf({ data }: Message): HandError {
  const { code, message } = isMessage(data) ? data : {};
  return new HandError("protocol", String(message), String(code));
}

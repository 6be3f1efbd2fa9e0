import { type ErrorCode, jsonRpcCodes, ProtocolError, routes, toErrorMessage, toProtocolError } from "@openenv/schema";
import { parseRpc } from "./http.ts";
import { encodeJsonRpc, jsonRpcError } from "./json-rpc.ts";
import { isPromise, type MaybePromise, proceed } from "./maybe-promise.ts";
import type { EnvironmentServer } from "./server.ts";
import type { Session } from "./session.ts";

/** What a door needs of a socket, whatever library it comes from. */
export interface FrameSocket {
  /** Sends a text frame; `sent` runs when it has left this process. */
  send(frame: string, sent: () => void): void;
  close(code: number, reason: string): void;
  /** Stops, and goes on, reading from the peer. */
  pause(): void;
  resume(): void;
}

/** Which door a socket knocked at. */
export interface Knock {
  path: typeof routes.ws | typeof routes.mcp;
  /** `?session_id=`: attach to a session that exists. */
  sessionId: string | undefined;
  bearer: string | undefined;
}

/** One socket's side of a session. Its host tells it what happens on the socket. */
export interface SocketDoor {
  onFrame(frame: string): void;
  onBinary(): void;
  onClose(): void;
  /** Takes no more frames; those taken are still answered. */
  stop(): void;
}

/** Most frames of one socket that wait for their answer, or whose answer waits for the peer. */
const maxWaiting = 32;

/** Longest wait for a refused client's first frame, in milliseconds: clients that send before they read get the error too. */
const refusalMs = 5_000;

const closeCodes: Partial<Record<ErrorCode, number>> = { CAPACITY_REACHED: 1013, FACTORY_ERROR: 1011 };
const policyViolation = 1008;

export function openSocketDoor(server: EnvironmentServer, socket: FrameSocket, knock: Knock): SocketDoor {
  const plainRpc = knock.path === routes.mcp;
  const queue: Array<string | undefined> = []; // taken from the socket, not yet begun; undefined: a binary frame
  let session: Session | undefined;
  let waiting = 0;
  let answering = false;
  let stopped = false;
  let gone = false;
  let refusalTimer: ReturnType<typeof setTimeout> | undefined;
  let refusal: { code: number; reason: string } | undefined;

  function sent(): void {
    waiting--;
    if (waiting === maxWaiting - 1 && !stopped) socket.resume();
  }

  /** Sends a reply; what comes after the frame `close` is not heard any more. */
  function send(reply: string | undefined): void {
    if (gone) return;
    if (reply !== undefined) {
      socket.send(reply, sent);
      return;
    }
    queue.length = 0;
    stopped = true;
    socket.close(1000, "closed");
  }

  function reply(open: Session, frame: string | undefined): MaybePromise<string | undefined> {
    if (plainRpc) return replyRpc(open, frame);
    if (frame !== undefined) return open.receive(frame);
    const error = new ProtocolError("INVALID_JSON", "Invalid JSON: binary frames are not understood, send text");
    return open.receiveError(error);
  }

  function replyRpc(open: Session, frame: string | undefined): MaybePromise<string> {
    open.touch();
    const value = parseRpc(frame);
    if (value === undefined) {
      return encodeJsonRpc(jsonRpcError(null, jsonRpcCodes.parseError, "Parse error: not a JSON object"));
    }
    return proceed(server.answerMcp(value, { own: open, bearer: knock.bearer }), encodeJsonRpc);
  }

  /** Answers one frame, and then what was queued meanwhile. */
  function answer(open: Session, frame: string | undefined): void {
    const answered = reply(open, frame);
    if (!isPromise(answered)) {
      send(answered);
      return;
    }
    answering = true;
    void answered.then((text) => {
      answering = false;
      send(text);
      pump(open);
    });
  }

  function pump(open: Session): void {
    while (queue.length > 0 && !answering) answer(open, queue.shift());
  }

  function take(frame: string | undefined): void {
    if (stopped) return;
    if (refusal !== undefined) {
      socket.close(refusal.code, refusal.reason);
      return;
    }
    waiting++;
    if (waiting === maxWaiting) socket.pause();
    if (session !== undefined && !answering && queue.length === 0) answer(session, frame);
    else queue.push(frame);
  }

  function refuse(reason: unknown): void {
    const error = toProtocolError(reason);
    const frame = plainRpc
      ? jsonRpcError(null, jsonRpcCodes.serverError, error.message, error.details)
      : toErrorMessage(error);
    const asked = queue.length > 0;
    queue.length = 0;
    waiting = 1;
    send(JSON.stringify(frame));
    socket.resume();
    refusal = { code: closeCodes[error.code] ?? policyViolation, reason: error.code };
    if (asked) socket.close(refusal.code, refusal.reason);
    else refusalTimer = setTimeout(() => socket.close(refusal?.code ?? policyViolation, ""), refusalMs);
  }

  function leave(): void {
    if (session === undefined) return;
    if (knock.sessionId === undefined) void server.sessions.destroy(session.id);
    else server.sessions.detach(session.id);
  }

  async function enter(): Promise<void> {
    const ended = (): void => socket.close(1001, "the session ended after too long a silence");
    try {
      if (knock.sessionId === undefined) {
        session = await server.sessions.open("socket", knock.bearer);
        server.sessions.watch(session.id, ended);
      } else {
        session = server.sessions.attach(knock.sessionId, knock.bearer, ended);
      }
    } catch (reason) {
      if (!gone) refuse(reason);
      return;
    }
    if (gone) {
      leave();
      return;
    }
    pump(session);
  }

  void enter();

  return {
    onFrame: take,
    onBinary: () => take(undefined),
    onClose() {
      gone = true;
      clearTimeout(refusalTimer);
      leave();
    },
    stop() {
      stopped = true;
      socket.pause();
    },
  };
}

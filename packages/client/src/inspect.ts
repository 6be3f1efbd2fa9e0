import {
  decodeHealth,
  decodeMetadata,
  decodeSchemaDocument,
  type Health,
  isJsonObject,
  type JsonObject,
  jsonRpcCodes,
  type Metadata,
  messageOf,
  routes,
  type SchemaDocument,
  TransportError,
} from "@openenv/schema";
import { openHttp } from "#http";
import { startDeadline } from "./deadline.ts";
import type { HttpAnswer } from "./http.ts";
import { readAnswer } from "./http-answer.ts";
import { type ClientOptions, resolveOptions } from "./options.ts";
import { parseTarget } from "./target.ts";

/** What a server tells of itself, without taking a session of it. */
export interface Inspector extends AsyncDisposable {
  /**
   * Tells whether the server takes sessions; one that shuts down answers `unhealthy`.
   *
   * @throws {ProtocolError} for an error answer, as do `metadata`, `schema` and `tools`.
   * @throws {TransportError} `connect`, `timeout`, `aborted`, `closed`, `too-large` or `invalid-reply`, as do they.
   */
  health(): Promise<Health>;
  metadata(): Promise<Metadata>;
  schema(): Promise<SchemaDocument>;
  /** The tools, in MCP's own shape; none if the environment has none. */
  tools(): Promise<JsonObject[]>;
  /** Never rejects; questions still waiting are rejected with `closed`. */
  close(): Promise<void>;
}

/**
 * Asks a server's HTTP routes. Connections open at the first question; `replyTimeoutMs` limits each.
 *
 * @throws {TypeError} if the address is malformed. @throws {RangeError} if an option is out of range.
 */
export function inspect(address: string | URL, options: ClientOptions = {}): Inspector {
  const target = parseTarget(address);
  const resolved = resolveOptions(options);
  const http = openHttp(target, resolved);
  const asked = new Set<(error: TransportError) => void>(); // gives up on each question that waits
  let ended: TransportError | undefined;
  let heeding = false;
  const { signal } = resolved;
  const onAbort = (): void => end(new TransportError("aborted", "asking was aborted", { cause: signal?.reason }));

  /** From the first question on: an inspector that nobody asks holds nothing. */
  function heedSignal(): void {
    if (heeding || signal === undefined) return;
    heeding = true;
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
  }

  async function ask(path: string, question?: object): Promise<unknown> {
    heedSignal();
    if (ended !== undefined) throw ended;
    const where = `${target.socketPath ?? target.httpUrl}${path}`;
    const { answer, abort } = http.exchange(path, question && JSON.stringify(question));
    let why: TransportError | undefined;
    const giveUp = (error: TransportError): void => {
      why ??= error;
      abort();
    };
    const timer = startDeadline(resolved.replyTimeoutMs, () =>
      giveUp(new TransportError("timeout", `no answer from ${where} within ${resolved.replyTimeoutMs} ms`)),
    );
    asked.add(giveUp);
    let answered: HttpAnswer;
    try {
      answered = await answer;
    } catch (cause) {
      if (why !== undefined) throw why;
      if (cause instanceof TransportError) throw cause;
      throw new TransportError("connect", `cannot reach ${where}: ${messageOf(cause)}`, { cause });
    } finally {
      clearTimeout(timer);
      asked.delete(giveUp);
    }
    return readAnswer(path, answered);
  }

  function end(error: TransportError): void {
    ended ??= error;
    for (const giveUp of asked) giveUp(ended);
  }

  const close = async (): Promise<void> => {
    signal?.removeEventListener("abort", onAbort);
    end(new TransportError("closed", "this client has been closed"));
    await http.close();
  };

  return {
    health: async () => decodeHealth(await ask(routes.health)),
    metadata: async () => decodeMetadata(await ask(routes.metadata)),
    schema: async () => decodeSchemaDocument(await ask(routes.schema)),
    tools: async () => readTools(await ask(routes.mcp, { jsonrpc: "2.0", id: 1, method: "tools/list" })),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function readTools(reply: unknown): JsonObject[] {
  const { result, error } = isJsonObject(reply) ? reply : {};
  if (isJsonObject(error) && error.code === jsonRpcCodes.internalError) return []; // so a server says it has none
  if (isJsonObject(result) && Array.isArray(result.tools)) return result.tools.filter(isJsonObject);
  const why = isJsonObject(error) ? `: ${String(error.message)}` : "";
  throw new TransportError("invalid-reply", `the server did not list its tools${why}`);
}

import { browserGuard } from "./browser-guard.ts";
import { type HttpResponse, httpRoutes, refusalAnswer } from "./http.ts";
import type { EnvironmentServer } from "./server.ts";

/** The HTTP routes as a fetch handler, for hosts that speak `Request` and `Response`. WebSockets stay with the host. */
export function fetchHandler(server: EnvironmentServer): (request: Request) => Promise<Response> {
  const answer = httpRoutes(server);
  const { allowedOrigins, maxMessageBytes } = server.options;
  const refusal = browserGuard({ allowedOrigins, loopback: false });

  return async (request) => {
    const url = new URL(request.url);
    const header = (name: string): string | undefined => request.headers.get(name) ?? undefined;
    const refused = refusal({ origin: header("origin"), host: url.host });
    if (refused !== undefined) return toResponse(refusalAnswer(url.pathname, 403, refused));
    const body = await readBody(request, maxMessageBytes);
    if (body === undefined) {
      return toResponse(refusalAnswer(url.pathname, 413, `The body is larger than ${maxMessageBytes} bytes`));
    }
    return toResponse(await answer({ method: request.method, path: url.pathname, header, body: decodeUtf8(body) }));
  };
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

function toResponse({ status, headers, body }: HttpResponse): Response {
  return new Response(body, { status, headers });
}

/** Reads a body up to a limit; undefined if it is larger. */
async function readBody(request: Request, limit: number): Promise<Uint8Array | undefined> {
  if (Number(request.headers.get("content-length") ?? 0) > limit) return undefined;
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.byteLength;
    if (length > limit) return undefined;
    chunks.push(chunk);
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}

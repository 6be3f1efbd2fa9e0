import { createServer, type IncomingHttpHeaders } from "node:http";
import { isJsonObject, type JsonObject } from "@openenv/schema";

/** One request as the endpoint got it. */
export interface ModelRequest {
  method: string | undefined;
  path: string | undefined;
  headers: IncomingHttpHeaders;
  body: JsonObject;
}

/** A fake OpenAI-compatible endpoint in this process. */
export interface FakeEndpoint extends AsyncDisposable {
  readonly baseUrl: string;
  readonly requests: readonly ModelRequest[];
}

/** Answers every request with what `answer` says; undefined never answers. */
export async function fakeEndpoint(
  answer: (request: ModelRequest) => { status?: number; body: string } | undefined,
): Promise<FakeEndpoint> {
  const requests: ModelRequest[] = [];
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const parsed: unknown = JSON.parse(Buffer.concat(chunks).toString() || "{}");
    const body = isJsonObject(parsed) ? parsed : {};
    const request = { method: incoming.method, path: incoming.url, headers: incoming.headers, body };
    requests.push(request);
    const reply = answer(request);
    if (reply !== undefined) response.writeHead(reply.status ?? 200).end(reply.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A completion with this text, as such endpoints send it. */
export function completion(content: string): { body: string } {
  return { body: JSON.stringify({ choices: [{ message: { role: "assistant", content } }] }) };
}

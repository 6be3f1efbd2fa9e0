import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

const suffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** Why every client must fail a connection that was opened with these headers, by RFC 6455; undefined where none must. */
export function handshakeBreach(
  key: string,
  asked: Readonly<Record<string, string>>,
  answered: IncomingHttpHeaders,
): string | undefined {
  const accept = createHash("sha1")
    .update(key + suffix)
    .digest("base64");
  if (answered["sec-websocket-accept"] !== accept) return "the answer's Sec-WebSocket-Accept does not fit the key";
  const protocol = answered["sec-websocket-protocol"];
  if (protocol !== undefined && !listed(asked, "sec-websocket-protocol").includes(protocol))
    return `the answer names the subprotocol ${protocol}, which was not offered`;
  const offered = listed(asked, "sec-websocket-extensions").map(nameOf);
  const extension = (answered["sec-websocket-extensions"] ?? "").split(",").map(nameOf).filter(Boolean);
  const foreign = extension.find((name) => !offered.includes(name));
  return foreign === undefined ? undefined : `the answer names the extension ${foreign}, which was not offered`;
}

function listed(headers: Readonly<Record<string, string>>, name: string): string[] {
  const values = Object.entries(headers).filter(([each]) => each.toLowerCase() === name);
  return values.flatMap(([, value]) => value.split(",").map((item) => item.trim()));
}

function nameOf(extension: string): string {
  return extension.split(";")[0]?.trim() ?? "";
}

/** Where a server is reached, by each of its two protocols. */
export interface Target {
  /** Of the `/ws` route. */
  wsUrl: string;
  /** What the HTTP routes' paths are appended to, without a trailing slash. */
  httpUrl: string;
  /** Path of a Unix socket that both go through. */
  socketPath: string | undefined;
}

const httpSchemes: Record<string, string> = { "http:": "http:", "https:": "https:", "ws:": "http:", "wss:": "https:" };

/**
 * Reads the address of a server: `http://`, `https://`, `ws://` or `wss://`, with or without a path or a trailing `/ws`;
 * or `unix:/path/to/socket`. A query is for the WebSocket alone.
 *
 * @throws {TypeError} if it is none of these, or holds a user name or password.
 */
export function parseTarget(address: string | URL, sessionId?: string): Target {
  const text = String(address);
  const unix = /^unix:(\/.*)$/i.exec(text)?.[1];
  const url = URL.canParse(text) ? new URL(unix === undefined ? text : "http://localhost") : undefined;
  const scheme = url === undefined ? undefined : httpSchemes[url.protocol];
  if (url === undefined || scheme === undefined) {
    throw new TypeError(
      `"${text}" is no server address: it must begin with http://, https://, ws://, wss:// or unix:/`,
    );
  }
  if (url.username !== "" || url.password !== "") {
    throw new TypeError("a server address must not hold a user name or password: send a bearer");
  }
  const path = url.pathname.replace(/\/+(ws\/*)?$/, "");
  if (sessionId !== undefined) url.searchParams.set("session_id", sessionId);
  const wsScheme = scheme === "https:" ? "wss:" : "ws:";
  return {
    wsUrl: `${wsScheme}//${url.host}${path}/ws${url.search}`,
    httpUrl: `${scheme}//${url.host}${path}`,
    socketPath: unix,
  };
}

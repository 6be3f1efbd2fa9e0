/** What a browser tells of where a request comes from and goes to. */
export interface BrowserHeaders {
  origin?: string | undefined;
  host?: string | undefined;
}

export interface BrowserRules {
  /** Origins that may connect beside the server's own. */
  allowedOrigins: readonly string[];
  /** Whether the server listens on a loopback address alone. */
  loopback: boolean;
}

/**
 * Tells why a request must be refused, or undefined. Web pages are hostile to servers: a page of another origin may not
 * reach them, and on a loopback address a foreign Host means that a page's domain was re-bound to it.
 */
export function browserGuard({
  allowedOrigins,
  loopback,
}: BrowserRules): (headers: BrowserHeaders) => string | undefined {
  const allowedHosts = allowedOrigins.map(hostOf);
  let passed: string | undefined; // the last Host that passed: clients send the same one each time

  function knows(host: string): boolean {
    if (host === passed) return true;
    if (!isLoopbackHost(host) && !allowedHosts.includes(host)) return false;
    passed = host;
    return true;
  }

  return ({ origin, host }) => {
    if (loopback && host !== undefined && !knows(host))
      return `The host ${host.slice(0, 200)} is not a name of this server`;
    if (origin === undefined || allowedOrigins.includes(origin)) return undefined;
    return host !== undefined && hostOf(origin) === host
      ? undefined
      : `The origin ${origin.slice(0, 200)} is not allowed`;
  };
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

/** Whether a Host header names this machine's loopback interface. */
export function isLoopbackHost(host: string): boolean {
  if (!URL.canParse(`http://${host}`)) return false;
  const { hostname } = new URL(`http://${host}`);
  return (
    hostname === "localhost" ||
    hostname.endsWith(".localhost") ||
    hostname === "[::1]" ||
    /^127(\.\d+){3}$/.test(hostname)
  );
}

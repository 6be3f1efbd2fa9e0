/** What a browser tells of where a request comes from and goes to. */
export interface BrowserHeaders {
  origin: string | undefined;
  host: string | undefined;
}

/**
 * Why a request must be refused, or undefined. Web pages are hostile to servers: a page of another origin may not
 * reach them, and on a loopback address a foreign Host means that a page's domain was re-bound to it.
 */
export function refuseBrowser(
  { origin, host }: BrowserHeaders,
  rules: { allowedOrigins: readonly string[]; loopback: boolean },
): string | undefined {
  if (
    rules.loopback &&
    host !== undefined &&
    !isLoopbackHost(host) &&
    !rules.allowedOrigins.some((each) => hostOf(each) === host)
  ) {
    return `The host ${host.slice(0, 200)} is not a name of this server`;
  }
  if (origin === undefined || rules.allowedOrigins.includes(origin)) return undefined;
  return hostOf(origin) === host && host !== undefined
    ? undefined
    : `The origin ${origin.slice(0, 200)} is not allowed`;
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

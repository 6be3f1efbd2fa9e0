import { checksOf } from "../check.ts";
import { expectThat } from "../expect.ts";
import type { Server } from "../server.ts";
import { notApplicable } from "../verdict.ts";
import type { HttpRequest } from "../wire/http.ts";
import { describeRequest, type Headers, informationPaths } from "./requests.ts";

const requirement = checksOf("core");

/** Origins that no operator allows, the nearest to the server's own among them. */
function foreignOrigins({ url }: Server): readonly string[] {
  const otherPort = url.port === "9" ? "10" : "9";
  return [
    "https://page.invalid",
    "null",
    `http://${url.hostname}:${otherPort}`,
    `${url.protocol}//${url.host}.page.invalid`,
    `${url.protocol}//page.invalid#${url.host}`,
    `${url.protocol}//${url.host}@page.invalid`,
  ];
}

/** Hosts that name no loopback address, the nearest to such names among them. */
function foreignHosts({ url }: Server): readonly string[] {
  const port = url.port === "" ? "" : `:${url.port}`;
  const names = [
    "page.invalid",
    "localhost.page.invalid",
    "127.0.0.1.page.invalid",
    "notlocalhost",
    "192.0.2.1",
    "[::2]",
  ];
  return ["page.invalid", ...names.map((name) => name + port)];
}

const foreign = "https://page.invalid";

async function expectRefused(server: Server, asked: HttpRequest): Promise<void> {
  const { status } = await server.http(asked);
  expectThat(status === 403, `${describeRequest(asked)}: expected status 403, got ${status}`);
}

async function expectUpgradeRefused(server: Server, path: string, headers: Headers): Promise<void> {
  const upgraded = await server.upgrade(path, { headers });
  const status = "connection" in upgraded ? 101 : upgraded.status;
  expectThat(status === 403, `the upgrade of ${path} with ${JSON.stringify(headers)}: expected 403, got ${status}`);
}

/** Not applicable where nothing shows that the server listens on a loopback address only: then any host may be its name. */
async function needLoopback(server: Server): Promise<void> {
  if (server.actions.script.loopback === true) return;
  const { hostname } = server.url;
  const local = hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.");
  const { status } = await server.http({ path: "/health", headers: { Host: "page.invalid" } });
  if (local && status === 403) return;
  notApplicable(
    "nothing shows from outside whether the server listens on a loopback address only; say so with `loopback` in the file of --actions",
  );
}

/** Requests to every route of a server, each with a method that it has, as a page can send them without asking first. */
function pageRequests({ facts }: Server): readonly HttpRequest[] {
  const simple = { "content-type": "text/plain" };
  const resets = facts.profiles.has("simulation-http");
  const posts = [...(resets ? ["/reset", "/step"] : []), ...(facts.profiles.has("mcp") ? ["/mcp"] : [])];
  const gets = resets ? [...informationPaths, "/state"] : informationPaths;
  return [
    ...gets.map((path) => ({ path })),
    ...posts.map((path) => ({ method: "POST", path, headers: simple, body: "{}" })),
    { method: "POST", path: "/health", headers: simple, body: "{}" },
    { method: "DELETE", path: "/metadata" },
  ];
}

/** Requests that a browser sends for a page. */
export const webPageChecks = [
  requirement("browser.origin", async (server) => {
    for (const Origin of foreignOrigins(server)) {
      await expectRefused(server, { path: "/health", headers: { Origin } });
      await expectUpgradeRefused(server, "/ws", { Origin });
    }
  }),
  requirement("browser.origin-absent", async (server) => {
    for (const path of informationPaths) {
      const { status } = await server.http({ path });
      expectThat(status !== 403, `GET ${path} without an Origin was answered with status 403`);
    }
    const upgraded = await server.upgrade("/ws");
    const status = "connection" in upgraded ? 101 : upgraded.status;
    expectThat(status !== 403, "the upgrade of /ws without an Origin was answered with status 403");
  }),
  requirement("browser.host", async (server) => {
    await needLoopback(server);
    for (const Host of foreignHosts(server)) {
      await expectRefused(server, { path: "/metadata", headers: { Host } });
      // A page whose name was bound to this address is of the same origin as the server that it finds there.
      await expectRefused(server, { path: "/metadata", headers: { Host, Origin: `http://${Host}` } });
    }
  }),
  requirement("browser.upgrade", async (server) => {
    const paths = server.facts.profiles.has("mcp") ? ["/ws", "/mcp"] : ["/ws"];
    for (const path of paths) await expectUpgradeRefused(server, path, { Origin: foreign });
    if (server.actions.script.loopback !== true) return;
    for (const Host of foreignHosts(server)) await expectUpgradeRefused(server, "/ws", { Host });
  }),
  requirement("browser.every-route", async (server) => {
    const hosts = server.actions.script.loopback === true ? [{ Host: "page.invalid" }] : [];
    for (const asked of pageRequests(server))
      for (const named of [{ Origin: foreign }, ...hosts])
        await expectRefused(server, { ...asked, headers: { ...asked.headers, ...named } });
  }),
];

import { checksOf } from "../check.ts";
import { expectThat } from "../expect.ts";
import { excerpt, isObject, show } from "../json.ts";
import type { Server } from "../server.ts";
import { expectEqual, sameJson } from "../verdict.ts";
import { type HttpRequest, keepingAgent } from "../wire/http.ts";
import { answered, ask, describeRequest, informationPaths, inSession, post, postText, serves } from "./requests.ts";

const requirement = checksOf("core");

const unknownPaths = ["/no-such-route", "/no/such/route", "/health-of-nobody", "/schema/no-such-part"];
const notItsMethods = ["DELETE", "PUT", "PATCH"];

/** The routes that are there on this server, each with a method that it has. */
async function knownPaths(server: Server): Promise<readonly (readonly [path: string, method: string])[]> {
  const simulation = [
    ["/reset", "POST"],
    ["/step", "POST"],
    ["/state", "GET"],
  ] as const;
  const served = server.facts.mode === "simulation" && (await serves(server, "/reset"));
  return [...informationPaths.map((path) => [path, "GET"] as const), ...(served ? simulation : [])];
}

/** Requests that are answered with errors, each for another reason. */
async function wrongRequests(server: Server): Promise<readonly HttpRequest[]> {
  const wrong: HttpRequest[] = [
    { path: "/no-such-route" },
    post("/no-such-route", { seed: 1 }),
    { method: "DELETE", path: "/health" },
    post("/schema", {}),
  ];
  const paths = new Map(await knownPaths(server));
  if (!paths.has("/reset")) return wrong;
  return [
    ...wrong,
    { path: "/reset" },
    postText("/reset", "not json"),
    post("/reset", []),
    post("/step", {}),
    { method: "POST", path: "/step" },
    { path: "/state", headers: inSession("no-such-session") },
  ];
}

/** What holds for every answer, whatever was asked. */
export const httpBasicChecks = [
  requirement("http.json", async (server) => {
    const right = informationPaths.map((path) => ({ path }));
    for (const asked of [...right, ...(await wrongRequests(server))]) {
      const { json, text, headers } = await ask(server, asked);
      const what = describeRequest(asked);
      expectThat(json !== undefined, `${what}: expected a JSON body, got ${excerpt(text) || "nothing"}`);
      const type = headers["content-type"] ?? "none";
      expectThat(
        /^application\/json\s*(;|$)/i.test(type),
        `${what}: expected the content type application/json, got ${type}`,
      );
    }
  }),
  requirement("http.version", async (server) => {
    for (const path of ["/health", "/no-such-route"]) {
      const { version } = await server.http({ path });
      expectThat(version === "1.1", `GET ${path}: expected an answer in HTTP/1.1, got HTTP/${version}`);
    }
    if (server.facts.mode !== "simulation") return;
    // Of a body without a length every server must be able to find the end.
    const asked = post("/reset", []);
    const { status } = await ask(server, asked);
    const chunked = await ask(server, { ...asked, chunked: true });
    expectEqual(`the status of ${describeRequest(asked)} sent in chunks`, chunked.status, status);
  }),
  requirement("http.keep-alive", async (server) => {
    const agent = keepingAgent(server.url);
    try {
      await server.http({ path: "/health", agent });
      for (const path of ["/metadata", "/no-such-route", "/health"])
        expectThat(
          (await server.http({ path, agent })).reused,
          `expected the connection to stay open after an answer, and needed another for GET ${path}`,
        );
    } finally {
      agent.destroy();
    }
  }),
  requirement("http.accept", async (server) => {
    for (const path of [...informationPaths, "/no-such-route"]) {
      const { status } = await server.http({ path });
      for (const accept of ["text/html", "application/xml, image/*;q=0.5", "application/json;q=0", "", "nonsense"]) {
        const answer = await server.http({ path, headers: { accept } });
        expectEqual(`the status of GET ${path} with \`Accept: ${accept}\``, answer.status, status);
      }
    }
  }),
  requirement("http.query", async (server) => {
    for (const query of ["?", "?x=1", "?session_id=abc&mode=production", "?__proto__=1&x=%F0", "?/reset", "??a=?"]) {
      await answered(server, { path: `/health${query}` }, 200);
      for (const path of ["/metadata", "/schema", "/openapi.json"]) {
        const before = (await answered(server, { path }, 200)).json;
        const { json } = await answered(server, { path: path + query }, 200);
        const after = (await answered(server, { path }, 200)).json;
        if (sameJson(before, after)) expectEqual(`the body of GET ${path}${query}`, json, before ?? null);
      }
    }
  }),
  requirement("http.error-shape", async (server) => {
    for (const asked of await wrongRequests(server)) {
      const { status, json, text } = await ask(server, asked);
      expectThat(
        status < 400 || (isObject(json) && "detail" in json),
        `${describeRequest(asked)}: expected the key \`detail\`, got ${excerpt(text)}`,
      );
    }
  }),
  requirement("http.not-found", async (server) => {
    for (const path of [...unknownPaths, "/no-such-route?path=/health", "/__proto__", "/constructor"]) {
      for (const method of ["GET", "POST", "PUT", "DELETE"]) {
        const { json } = await answered(server, { method, path }, 404);
        expectEqual(`\`detail\` of ${method} ${path}`, isObject(json) ? json.detail : undefined, "Not Found");
      }
    }
  }),
  requirement("http.path-exact", async (server) => {
    for (const path of ["/health/", "/Health", "/HEALTH", "//health", "/health//", "/metadata/", "/openapi.JSON"])
      await answered(server, { path }, 404);
  }),
  requirement("http.method", async (server) => {
    for (const [path] of await knownPaths(server)) {
      for (const method of notItsMethods) {
        const { json } = await answered(server, { method, path }, 405);
        expectEqual(`\`detail\` of ${method} ${path}`, isObject(json) ? json.detail : undefined, "Method Not Allowed");
      }
    }
    await answered(server, post("/health", {}), 405);
  }),
  requirement("http.allow", async (server) => {
    for (const [path, method] of await knownPaths(server)) {
      const { headers } = await answered(server, { method: "DELETE", path }, 405);
      const named = (headers.allow ?? "").split(",").map((each) => each.trim());
      expectThat(
        named.includes(method),
        `DELETE ${path}: expected the header Allow to name ${method}, got ${show(headers.allow)}`,
      );
    }
  }),
];

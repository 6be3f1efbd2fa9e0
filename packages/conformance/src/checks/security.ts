import { checksOf } from "../check.ts";
import { expectThat } from "../expect.ts";
import { fillSlots } from "./fill-slots.ts";
import { describeRequest, inSession, post, postText } from "./requests.ts";

/** The longest part of what it refuses that a server gives back, in characters. */
const longestEcho = 300;
const refused = "q".repeat(2000);

function expectShort(what: string, text: string): void {
  expectThat(
    !text.includes("q".repeat(longestEcho + 1)),
    `${what} of ${refused.length} characters: expected an answer that gives back at most ${longestEcho} of them`,
  );
}

/** What a server does to last. */
export const securityChecks = [
  checksOf("core")("security.echo-short", async (server) => {
    const connection = await server.session();
    connection.send({ type: refused });
    expectShort("a type", JSON.stringify(await connection.message()));
    const { profiles } = server.facts;
    if (profiles.has("mcp")) {
      expectShort("a method", JSON.stringify(await server.rpc(refused)));
      expectShort("a session_id", JSON.stringify(await server.rpc("openenv/session/close", { session_id: refused })));
    }
    if (profiles.has("simulation-http")) {
      const { text, headers } = await server.http({ path: "/state", headers: inSession(refused) });
      expectShort("an id", text + JSON.stringify(headers));
    }
  }),
  checksOf("simulation-http")("security.before-slot", { alone: true }, async (server) => {
    await fillSlots(server);
    const malformed = [postText("/reset", "not json"), post("/reset", { seed: "x" }), post("/step", {})];
    for (const asked of malformed) {
      const { status } = await server.http(asked);
      expectThat(
        status === 422,
        `${describeRequest(asked)} while every slot is taken: expected status 422, got ${status}`,
      );
    }
  }),
];

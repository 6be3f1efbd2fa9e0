import { expect, test, vi } from "vitest";
import { serverChecks } from "../src/index.ts";
import { createWireLog } from "../src/wire-log.ts";
import { rightPeers } from "./peers/right.ts";

async function openSessions(url: string): Promise<number> {
  const health: { active_sessions: number } = JSON.parse(await (await fetch(`${url}/health`)).text());
  return health.active_sessions;
}

test.each(["session.bearer-hidden", "session.attach", "rpc.socket-create", "rpc.session-close-attached"])(
  "what the check of %s has opened is closed after it, also what is bound to a bearer",
  async (id) => {
    await using peer = await rightPeers.workbench();
    const { url, script } = peer;
    await serverChecks({ url, script })
      .find((each) => each.id === id)
      ?.run();
    await vi.waitFor(async () => expect(await openSessions(url)).toBe(0));
  },
);

test.each([
  ['{"jsonrpc":"2.0","id":1,"result":{}}', 0],
  ['{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"no JSON","data":null}}', 0],
  ['{"jsonrpc":"2.0","id":1}', 1],
  ['{"jsonrpc":"2.0","id":1,"result":{},"error":null}', 1],
  ["not json", 1],
])("the response %s on a socket at /mcp is held against the schema of responses", (text, mismatches) => {
  const log = createWireLog();
  log.onResponse(text);
  expect(log.mismatches("rpc")).toHaveLength(mismatches);
  expect(log.mismatches("ws")).toHaveLength(0);
});

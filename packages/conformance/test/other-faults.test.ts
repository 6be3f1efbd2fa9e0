import { expect, test } from "vitest";
import { type RequirementId, runServerChecks } from "../src/index.ts";
import { closePayload, opcode } from "../src/wire/frames.ts";
import { onType } from "./breakages/rewrites.ts";
import { type Breakage, type BrokenPeer, openBroken } from "./peers/broken.ts";
import { openBrokenFrames } from "./peers/frames.ts";
import { type PeerName, rightPeers } from "./peers/right.ts";

/** Changes the JSON that one route answers with. */
function answering(path: string, change: (text: string) => string): Breakage {
  return { answer: ({ body }, asked) => (asked.path === path ? { body: change(body) } : {}) };
}

const without =
  (...keys: string[]) =>
  (text: string): string =>
    JSON.stringify(JSON.parse(text, (key, value: unknown) => (keys.includes(key) ? undefined : value)));

/** In production mode by what it says, and in simulation by what it does. */
const pretending: Breakage = {
  answer({ body }, { path }) {
    if (path === "/openapi.json") return { body: without("/reset", "/step", "/state")(body) };
    return path === "/metadata" ? { body: body.replace('"simulation"', '"production"') } : {};
  },
};

/** Tells no session in the answers over HTTP. */
const untold: Breakage = {
  answer: ({ headers: { "openenv-session": _, ...headers } }) => ({ headers }),
};

const untoldSlots = answering("/health", without("active_sessions", "max_sessions"));

const closing = (right: string): Promise<BrokenPeer> =>
  openBrokenFrames(right, {
    open: ({ toClient }) => ({
      onServerFrame(frame) {
        toClient(frame);
        if (frame.payload.includes("VALIDATION_ERROR")) toClient({ opcode: opcode.close, payload: closePayload(1000) });
      },
    }),
  });

/** What is wrong, what it must not be taken for, and what that requirement comes to instead. */
interface Case {
  what: string;
  peer?: PeerName;
  fault: Breakage | typeof closing;
  ids: readonly RequirementId[];
  status: "pass" | "not-applicable";
}

const cases: readonly Case[] = [
  {
    what: "A server that tells no slots in /health",
    peer: "small",
    fault: untoldSlots,
    ids: ["rpc.session-create-capacity"],
    status: "pass",
  },
  {
    what: "A server that does not tell whether /metadata takes a slot",
    peer: "small",
    fault: untoldSlots,
    ids: ["http.health-cheap"],
    status: "not-applicable",
  },
  {
    what: "A server that closes after an error",
    fault: closing,
    ids: ["error.code-table", "error.message", "error.no-trace"],
    status: "pass",
  },
  {
    what: "A server that makes no episode ids",
    fault: {
      toClient: onType("state", (state) => ({ ...state, episode_id: null })),
    },
    ids: ["episode.options-null"],
    status: "pass",
  },
  {
    what: "A server that tells no session over HTTP",
    fault: untold,
    ids: ["session.attach", "http.state-answer"],
    status: "pass",
  },
  {
    what: "A server that can be reset in production mode",
    fault: pretending,
    ids: [
      "ws.endpoint",
      "ws.query-unknown",
      "ws.fragments",
      "ws.error-open",
      "ws.close-data",
      "ws.reply-one",
      "ws.reply-order",
      "ws.malformed-open",
      "ws.size-accept",
    ],
    status: "pass",
  },
];

test.each(cases)("$what is blamed for that alone", async ({ peer = "workbench", fault, ids, status }) => {
  await using right = await rightPeers[peer]();
  await using faulty = typeof fault === "function" ? await fault(right.url) : await openBroken(right.url, fault);
  const { script } = right;
  const { findings } = await runServerChecks({ url: faulty.url, script, only: ids, deadlineMs: 4000 });
  expect(findings.map(({ id, status: found, message }) => `${id} ${found} ${message}`)).toHaveLength(ids.length);
  expect(findings.filter((each) => each.status !== status).map(({ id, message }) => `${id}: ${message}`)).toEqual([]);
});

import type { RequirementId } from "../../src/index.ts";

/** What a client may choose: the ways of test/peers/hand-client.ts. */
export const flavours = ["plain", "attached", "rpc", "http"] as const;
export type Flavour = (typeof flavours)[number];

/**
 * Every requirement that the suite checks on clients, with the flavour of client that shows it. The broken client of each is
 * test/peers/hand-client.ts with that id: it looks there what to do wrong.
 */
export const clientProofs: Partial<Record<RequirementId, Flavour>> = {
  "ws.text": "plain",
  "ws.client-envelope": "plain",
  "ws.client-schema": "plain",
  "ws.extension-announced": "plain",
  "json.duplicate-keys": "plain",
  "json.no-bom": "plain",
  "json.surrogates": "plain",
  "ws.query-once": "plain",
  "http.body-plain": "plain",
  "http.path-plain": "plain",
  "ws.fragments": "plain",
  "ws.envelope-tolerance": "plain",
  "ws.data-tolerance": "plain",
  "ws.size-client": "plain",
  "ws.pong": "plain",
  "error.code-unknown": "plain",
  "error.findings-foreign": "plain",
  "http.metadata-tolerance": "plain",
  "episode.metadata-accept": "plain",
  "episode.outcome-tolerance": "plain",
  "episode.reward-null": "plain",
  "episode.reward-boolean": "plain",
  "tool.transport-error": "plain",
  "ws.give-up": "plain",
  "ws.no-resend": "plain",
  "ws.lost-session": "plain",
  "ws.surplus-reply": "plain",
  "session.attach-look": "attached",
  "ws.ping-client": "plain",
  "ws.unsolicited-error": "plain",
  "error.close-unknown": "plain",
  "ws.refused-pause": "plain",
  "ws.shutdown-pause": "plain",
  "rpc.closing-attached": "attached",
  "http.step-once": "http",
  "rpc.ws-order": "rpc",
  "security.prefix": "plain",
  "security.id-url": "attached",
  "security.bearer-origin": "plain",
  "security.client-schema": "plain",
  "security.client-limits": "plain",
};

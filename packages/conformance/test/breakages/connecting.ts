import { isObject, parseJson } from "../../src/json.ts";
import type { Proofs } from "../peers/catches.ts";

const hello = '{"type":"state","data":{"episode_id":null,"step_count":0}}';

/** All connections see the episode that any of them began last. */
function oneSessionForAll(): { toServer: (text: string) => string; toClient: (text: string) => string } {
  let shared: unknown;
  return {
    toServer(text) {
      const message = parseJson(text);
      if (isObject(message) && message.type === "reset" && isObject(message.data)) shared = message.data.episode_id;
      return text;
    },
    toClient(text) {
      const message = parseJson(text);
      if (!isObject(message) || message.type !== "state" || !isObject(message.data)) return text;
      return JSON.stringify({ ...message, data: { ...message.data, episode_id: shared } });
    },
  };
}

/** Hands the first message of a connection to `change`, and all others on as they are. */
function atFirst(change: (text: string) => string | readonly string[]): () => { toServer: typeof change } {
  return () => {
    let begun = false;
    return {
      toServer(text) {
        const changed = begun ? text : change(text);
        begun = true;
        return changed;
      },
    };
  };
}

export const connectingProofs: Proofs = {
  "ws.endpoint": { broken: { upgrade: (path) => (path.startsWith("/ws") ? null : { path: "/ws" }) } },
  "ws.unknown-path": { broken: { upgrade: () => ({ path: "/ws" }) } },
  "ws.no-upgrade": { broken: { answer: (_, { path }) => (path.startsWith("/ws") ? { status: 200 } : {}) } },
  "ws.query-unknown": { broken: { upgrade: (path) => (path.includes("?") ? null : {}) } },
  "ws.subprotocol": { broken: { upgrade: (_, headers) => (headers["sec-websocket-protocol"] ? null : {}) } },
  "ws.no-hello": { broken: { greeting: hello } },
  "ws.session-per-socket": { broken: oneSessionForAll() },
  "ws.early-messages": { broken: { connection: atFirst(() => []) } },
  "ws.first-message": {
    broken: { connection: atFirst((text) => (text.includes('"reset"') ? text : '{"type":"before the first reset"}')) },
  },
};

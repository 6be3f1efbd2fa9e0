import { isObject, type JsonObject, parseJson } from "../../src/json.ts";
import type { Breakage } from "../peers/broken.ts";

/** Rewrites the `data` of messages of one type, where it is an object or left out, and lets all others pass as they are. */
export function onType(type: string, change: (data: JsonObject) => JsonObject): (text: string) => string {
  return (text) => {
    const message = parseJson(text);
    if (!isObject(message) || message.type !== type) return text;
    if (message.data !== undefined && !isObject(message.data)) return text;
    const data = change(message.data ?? {});
    const leftOut = message.data === undefined && Object.keys(data).length === 0;
    return JSON.stringify(leftOut ? message : { ...message, data });
  };
}

/** Another message in place of one of a type, where `when` says so. */
export function instead(
  type: string,
  when: (data: JsonObject) => boolean,
  message: JsonObject,
): (text: string) => string {
  return (text) => {
    const sent = parseJson(text);
    if (!isObject(sent) || sent.type !== type || !when(isObject(sent.data) ? sent.data : {})) return text;
    return JSON.stringify(message);
  };
}

/** Sends a message to the server before one of the client's, where `before` names one, and hides the reply to it. */
export function hidden(make: () => (message: JsonObject, lastReply: JsonObject) => JsonObject | undefined): Breakage {
  return {
    connection() {
      const before = make();
      const hides: boolean[] = [];
      let lastReply: JsonObject = {};
      return {
        toServer(text) {
          const message = parseJson(text);
          const added = isObject(message) ? before(message, lastReply) : undefined;
          if (added === undefined) {
            hides.push(false);
            return text;
          }
          hides.push(true, false);
          return [JSON.stringify(added), text];
        },
        toClient(text) {
          const reply = parseJson(text);
          const hide = hides.shift() === true;
          if (isObject(reply) && !hide) lastReply = reply;
          return hide ? [] : text;
        },
      };
    },
  };
}

/** A reset that the server refuses with `VALIDATION_ERROR`, and a step, a state. */
export const refusedReset = { type: "reset", data: null };
export const refusedStep = { type: "step", data: [] };
export const refusedState = { type: "state", data: {} };

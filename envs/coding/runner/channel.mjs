// The private channel: requests on fd 3, replies on fd 4, one line of JSON each.
import { writeSync } from "node:fs";
import { Socket } from "node:net";

const { stringify } = JSON;

/** Yields each request as text, until the server closes its end. */
export async function* lines() {
  const requests = new Socket({ fd: 3, readable: true, writable: false }).setEncoding("utf8");
  let kept = "";
  // Not node:readline, which ends a line at U+2028 too.
  for await (const chunk of requests) {
    const complete = (kept + chunk).split("\n");
    kept = complete.pop();
    yield* complete;
  }
}

export function send(text) {
  const data = Buffer.from(`${text}\n`);
  for (let sent = 0; sent < data.length; ) sent += writeSync(4, data, sent);
}

export function sendJson(message) {
  send(stringify(message));
}

// Outlives a test run, however that ends, and removes what it has left in the Docker engine: node test/sweeper.ts RUN
// Its standard input ends when the run does; the run's last word tells whether it ended in order.

import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { sweep } from "./engine.ts";

/** After an interruption: how long workers and builds may still make something, in milliseconds. */
const afterlifeMs = 5_000;
const deadlineMs = 60_000;

const [run = ""] = process.argv.slice(2);
const endedInOrder = (await text(process.stdin)).endsWith("done");
const began = performance.now();
const enoughMs = endedInOrder ? 0 : afterlifeMs;
for (;;) {
  const found = await sweep(run);
  const passedMs = performance.now() - began;
  if (found === 0 && passedMs >= enoughMs) break;
  if (passedMs > deadlineMs) throw new Error(`${found} containers and images of ${run} cannot be removed`);
  await delay(200);
}

// A server process: the subject or a floor, and what it costs.

import { setTimeout } from "node:timers/promises";
import { serve } from "@openenv/server/node";
import { answerQuestions } from "./answering.ts";
import { serveHttpJson, serveJsonEcho, serveRawEcho } from "./floors.ts";
import { gameEnvironment } from "./game.ts";
import { type ServerRole, type Usage, validators } from "./protocol.ts";

const maxSessions = 20_000;

answerQuestions(validators.serverRequest, async (request) => {
  switch (request.ask) {
    case "start":
      return start(request.role);
    case "usage":
      return usage();
    case "collect-garbage":
      await collectGarbage();
      return usage();
  }
});

async function start({ serves, observationBytes }: ServerRole): Promise<string> {
  switch (serves) {
    case "openenv":
      return (await serve(gameEnvironment(observationBytes), { port: 0, maxSessions })).url;
    case "json-echo":
      return serveJsonEcho(observationBytes);
    case "raw-echo":
      return serveRawEcho(observationBytes);
    case "http-json":
      return serveHttpJson(observationBytes);
  }
}

function usage(): Usage {
  const { user, system } = process.cpuUsage();
  return { cpuUs: user + system, rssBytes: process.memoryUsage.rss() };
}

/** More than once, and with pauses: what one pass frees, the next gives back to the system. */
async function collectGarbage(): Promise<void> {
  for (let pass = 0; pass < 4; pass++) {
    globalThis.gc?.();
    await setTimeout(50);
  }
}

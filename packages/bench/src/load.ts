// A load process: keeps servers busy, and tells how fast they answered.

import { answerQuestions } from "./answering.ts";
import { openClients, openHealthClient, openHealthUndici, openInProcess } from "./client-load.ts";
import type { OpenLoad } from "./closed-loop.ts";
import { openHttpSteps } from "./http-load.ts";
import { type Load, validators } from "./protocol.ts";
import { openSockets } from "./socket-load.ts";

const sides = new Map<string, OpenLoad>();

answerQuestions(validators.loadRequest, async (request) => {
  if (request.ask === "open") {
    sides.set(request.side, await open(request.url, request.load));
    return null;
  }
  const side = sides.get(request.side);
  if (side === undefined) throw new RangeError(`no side "${request.side}" is open`);
  if (request.ask === "measure") return side.run(request.durationMs);
  sides.delete(request.side);
  await side.close();
  return null;
});

async function open(url: string, load: Load): Promise<OpenLoad> {
  switch (load.drives) {
    case "sockets":
      return openSockets(url, load.sessions);
    case "clients":
      return openClients(url, load.sessions);
    case "in-process":
      return openInProcess(load.observationBytes, load.sessions);
    case "http-step":
      return openHttpSteps(url, load.sessions, load.keepsSession);
    case "health":
      return load.by === "client" ? openHealthClient(url, load.lanes) : openHealthUndici(url, load.lanes);
  }
}

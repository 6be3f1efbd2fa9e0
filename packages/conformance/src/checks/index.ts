import type { ServerCheck } from "../check.ts";
import { actionChecks } from "./actions.ts";
import { attachingChecks } from "./attaching.ts";
import { bearerChecks } from "./bearers.ts";
import { closingChecks } from "./closing.ts";
import { connectingChecks } from "./connecting.ts";
import { endingChecks } from "./endings.ts";
import { episodeChecks } from "./episodes.ts";
import { errorChecks } from "./errors.ts";
import { findingChecks } from "./findings.ts";
import { firstResetChecks } from "./first-reset.ts";
import { frameChecks } from "./frames.ts";
import { httpBasicChecks } from "./http-basics.ts";
import { httpBodyChecks } from "./http-bodies.ts";
import { httpSessionChecks } from "./http-sessions.ts";
import { httpSimulationChecks } from "./http-simulation.ts";
import { informationChecks } from "./information.ts";
import { jsonChecks } from "./json.ts";
import { jsonRpcChecks, responseSchemaChecks } from "./json-rpc.ts";
import { limitChecks } from "./limits.ts";
import { livenessChecks } from "./liveness.ts";
import { messageChecks } from "./messages.ts";
import { optionChecks } from "./options.ts";
import { orderChecks } from "./order.ts";
import { outcomeChecks } from "./outcomes.ts";
import { productionChecks } from "./production.ts";
import { refusalChecks } from "./refusal.ts";
import { replyChecks, schemaOfMessagesChecks } from "./replies.ts";
import { rpcSessionChecks } from "./rpc-sessions.ts";
import { rpcSocketChecks } from "./rpc-sockets.ts";
import { rpcToolChecks } from "./rpc-tools.ts";
import { schemaChecks } from "./schemas.ts";
import { securityChecks } from "./security.ts";
import { seedChecks } from "./seeds.ts";
import { sessionEndChecks } from "./session-ends.ts";
import { sessionChecks } from "./sessions.ts";
import { shutdownChecks } from "./shutdown.ts";
import { stateChecks } from "./state.ts";
import { toolCallChecks } from "./tool-calls.ts";
import { toolEpisodeChecks } from "./tool-episodes.ts";
import { toolChecks } from "./tools.ts";
import { webPageChecks } from "./web-pages.ts";

/** Every check of a server, in the order of the specification. */
export const everyServerCheck: readonly ServerCheck[] = [
  ...connectingChecks,
  ...frameChecks,
  ...refusalChecks,
  ...replyChecks,
  ...closingChecks,
  ...orderChecks,
  ...messageChecks,
  ...limitChecks,
  ...livenessChecks,
  ...shutdownChecks,
  ...episodeChecks,
  ...seedChecks,
  ...optionChecks,
  ...actionChecks,
  ...firstResetChecks,
  ...endingChecks,
  ...outcomeChecks,
  ...stateChecks,
  ...jsonChecks,
  ...errorChecks,
  ...findingChecks,
  ...productionChecks,
  ...httpBasicChecks,
  ...httpBodyChecks,
  ...httpSessionChecks,
  ...httpSimulationChecks,
  ...schemaChecks,
  ...webPageChecks,
  ...securityChecks,
  ...toolChecks,
  ...toolCallChecks,
  ...toolEpisodeChecks,
  ...jsonRpcChecks,
  ...rpcToolChecks,
  ...rpcSessionChecks,
  ...rpcSocketChecks,
  ...sessionChecks,
  ...bearerChecks,
  ...attachingChecks,
  ...sessionEndChecks,
  ...informationChecks,
  ...schemaOfMessagesChecks,
  ...responseSchemaChecks,
];

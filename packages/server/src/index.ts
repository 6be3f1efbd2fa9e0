export { defineEnvironment, tool } from "./define.ts";
export type {
  CreateContext,
  EnvironmentDefinition,
  Instance,
  Logger,
  Mode,
  Outcome,
  StandardResetOptions,
  StartContext,
  StepContext,
  Task,
  Tool,
  ToolSet,
} from "./environment.ts";
export { fetchHandler } from "./fetch-handler.ts";
export type { ServerOptions } from "./options.ts";
export { createServer, type EnvironmentServer } from "./server.ts";
export { openSession, type Session } from "./session.ts";
export { type FrameSocket, type Knock, openSocketDoor, type SocketDoor } from "./socket-door.ts";

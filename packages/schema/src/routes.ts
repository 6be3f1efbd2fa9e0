/** Every path a server may answer. No environment may be named after one of them. */
export const routes = {
  reset: "/reset",
  step: "/step",
  state: "/state",
  health: "/health",
  metadata: "/metadata",
  schema: "/schema",
  openapi: "/openapi.json",
  mcp: "/mcp",
  ws: "/ws",
} as const;

/** Routes that a server in production mode does not have: through them an agent could reset. */
export const simulationRoutes: readonly string[] = [routes.reset, routes.step, routes.state];

/** Chooses, or tells, the session behind `/reset`, `/step` and `/state`: `new`, an id, or (in answers) `none`. */
export const sessionHeader = "openenv-session";

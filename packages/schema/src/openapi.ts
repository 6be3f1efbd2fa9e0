import type { TSchema } from "typebox";
import { HttpError } from "./error.ts";
import { Health, Metadata, SchemaDocument } from "./information.ts";
import type { JsonObject } from "./json.ts";
import { JsonRpcRequest, JsonRpcResponse } from "./mcp.ts";
import { ResetRequest, ResetResponse } from "./reset.ts";
import { openApiVersion } from "./revision.ts";
import { routes, sessionHeader, simulationRoutes } from "./routes.ts";
import { State } from "./state.ts";
import { StepRequest, StepResponse } from "./step.ts";

const components = {
  Health,
  HttpError,
  JsonRpcRequest,
  JsonRpcResponse,
  Metadata,
  ResetRequest,
  ResetResponse,
  SchemaDocument,
  State,
  StepRequest,
  StepResponse,
} satisfies Record<string, TSchema>;

type ComponentName = keyof typeof components;

const reference = (name: ComponentName): JsonObject => ({ $ref: `#/components/schemas/${name}` });
const content = (name: ComponentName): JsonObject => ({ "application/json": { schema: reference(name) } });
const answer = (description: string, name: ComponentName): JsonObject => ({ description, content: content(name) });

const failures = {
  "422": answer("The request does not match its schema.", "HttpError"),
  "500": answer("The environment failed.", "HttpError"),
  "503": answer("Every session slot is taken.", "HttpError"),
};

const sessionParameter = {
  name: sessionHeader,
  in: "header",
  required: false,
  description:
    "`new` or the id of a session. Without it the request runs in an environment of its own, closed afterwards.",
  schema: { type: "string" },
};

const unknownSession = { "404": answer("No such session.", "HttpError") };

const paths: Record<string, JsonObject> = {
  [routes.reset]: {
    post: {
      summary: "Start an episode",
      parameters: [sessionParameter],
      requestBody: { required: false, content: content("ResetRequest") },
      responses: { "200": answer("The first observation.", "ResetResponse"), ...unknownSession, ...failures },
    },
  },
  [routes.step]: {
    post: {
      summary: "Apply one action",
      parameters: [sessionParameter],
      requestBody: { required: true, content: content("StepRequest") },
      responses: { "200": answer("What came of the action.", "StepResponse"), ...unknownSession, ...failures },
    },
  },
  [routes.state]: {
    get: {
      summary: "Tell where the episode stands",
      parameters: [sessionParameter],
      responses: { "200": answer("The state.", "State"), ...unknownSession, ...failures },
    },
  },
  [routes.health]: {
    get: {
      summary: "Tell whether the server takes sessions",
      responses: { "200": answer("Healthy or degraded.", "Health"), "503": answer("Shutting down.", "Health") },
    },
  },
  [routes.metadata]: {
    get: { summary: "Describe the environment", responses: { "200": answer("The environment.", "Metadata") } },
  },
  [routes.schema]: {
    get: {
      summary: "Publish the schemas of action, observation and state",
      responses: { "200": answer("JSON Schemas.", "SchemaDocument") },
    },
  },
  [routes.mcp]: {
    post: {
      summary: "Tools over JSON-RPC",
      requestBody: { required: true, content: content("JsonRpcRequest") },
      responses: { "200": answer("The response; errors too are answered with 200.", "JsonRpcResponse") },
    },
  },
};

/** The OpenAPI 3.1 document of a server: in production mode without the routes that could reset. */
export function openApiDocument(about: { title: string; production: boolean }): JsonObject {
  const served = Object.entries(paths).filter(([path]) => !(about.production && simulationRoutes.includes(path)));
  return {
    openapi: "3.1.0",
    info: { title: about.title, version: openApiVersion },
    paths: Object.fromEntries(served),
    components: { schemas: components },
  };
}

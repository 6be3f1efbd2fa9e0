import type { TSchema } from "typebox";
import * as schema from "../src/index.ts";

/** Messages of the WebSocket at `/ws`, by their name in the document: who sends them, their schema, and what they say. */
const wsMessages: Record<string, Message> = {
  reset: { from: "client", payload: schema.ResetMessage, summary: "Start an episode." },
  step: { from: "client", payload: schema.StepMessage, summary: "Apply one action." },
  askState: { from: "client", payload: schema.StateMessage, summary: "Ask where the episode stands.", type: "state" },
  close: { from: "client", payload: schema.CloseMessage, summary: "End the session." },
  mcpRequest: { from: "client", payload: schema.McpMessage, summary: "A JSON-RPC request about tools.", type: "mcp" },
  observation: { from: "server", payload: schema.ObservationMessage, summary: "What came of a reset or a step." },
  state: { from: "server", payload: schema.StateReply, summary: "Where the episode stands." },
  mcpResponse: { from: "server", payload: schema.McpReply, summary: "A JSON-RPC response.", type: "mcp" },
  error: { from: "server", payload: schema.ErrorMessage, summary: "A message was not carried out." },
};

const mcpMessages: Record<string, Message> = {
  rpcRequest: { from: "client", payload: schema.JsonRpcRequest, summary: "A JSON-RPC request.", type: "request" },
  rpcResponse: { from: "server", payload: schema.JsonRpcResponse, summary: "A JSON-RPC response.", type: "response" },
};

interface Message {
  from: "client" | "server";
  payload: TSchema;
  summary: string;
  /** Value of the key `type`, where the message's name is another. */
  type?: string;
}

/** What answers each message of a client. `close` has no answer but the end of the connection. */
const exchanges: Record<string, { channel: string; request: string; replies: string[] }> = {
  reset: { channel: "ws", request: "reset", replies: ["observation", "error"] },
  step: { channel: "ws", request: "step", replies: ["observation", "error"] },
  askState: { channel: "ws", request: "askState", replies: ["state", "error"] },
  close: { channel: "ws", request: "close", replies: [] },
  mcp: { channel: "ws", request: "mcpRequest", replies: ["mcpResponse", "error"] },
  rpc: { channel: "mcp", request: "rpcRequest", replies: ["rpcResponse"] },
};

/** The AsyncAPI 3.0 document of a server's WebSockets, from the server's side: it receives what clients send. */
export function asyncApiDocument(): schema.JsonObject {
  return {
    asyncapi: "3.0.0",
    info: {
      title: "OpenEnv environment",
      version: schema.protocolRevision,
      description: "The prose is in websocket.md and mcp.md; it is the authority.",
    },
    defaultContentType: "application/json",
    channels: { ws: channel(schema.routes.ws, wsMessages, sessionQuery), mcp: channel(schema.routes.mcp, mcpMessages) },
    operations: {
      ...Object.fromEntries(Object.entries(exchanges).map(([name, exchange]) => [name, operation(exchange)])),
      refuse: {
        action: "send",
        channel: { $ref: "#/channels/ws" },
        summary: "Tell why the session cannot be opened, before the client has sent anything.",
        messages: [{ $ref: "#/channels/ws/messages/error" }],
      },
    },
    components: { messages: Object.fromEntries(Object.entries({ ...wsMessages, ...mcpMessages }).map(component)) },
  };
}

const sessionQuery = {
  bindings: {
    ws: {
      method: "GET",
      query: {
        type: "object",
        properties: { session_id: { type: "string", description: "Attach to the session of this id." } },
      },
    },
  },
};

function channel(address: string, messages: Record<string, Message>, bindings: schema.JsonObject = {}) {
  const references = Object.keys(messages).map((name) => [name, { $ref: `#/components/messages/${name}` }]);
  return { address, messages: Object.fromEntries(references), ...bindings };
}

function operation({ channel: name, request, replies }: { channel: string; request: string; replies: string[] }) {
  const message = (each: string) => ({ $ref: `#/channels/${name}/messages/${each}` });
  const reply = { channel: { $ref: `#/channels/${name}` }, messages: replies.map(message) };
  return {
    action: "receive",
    channel: { $ref: `#/channels/${name}` },
    messages: [message(request)],
    ...(replies.length > 0 && { reply }),
  };
}

function component([name, { payload, summary, type = name, from }]: [string, Message]) {
  const schemaFormat = "application/schema+json;version=draft-2020-12";
  return [
    name,
    { name: type, title: `${type}, from the ${from}`, summary, payload: { schemaFormat, schema: payload } },
  ];
}

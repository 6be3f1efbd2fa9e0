import { isJsonObject, type JsonObject, messageOf } from "@openenv/schema";
import type { Agent } from "./agent.ts";

/** An OpenAI-compatible endpoint. */
export interface ModelEndpoint {
  baseUrl: string;
  apiKey: string;
  model: string;
}

/** Longest wait for one completion, in milliseconds. */
const completionTimeoutMs = 180_000;

/** The endpoint that the environment variables name, if they do. */
export function configuredEndpoint(variables: NodeJS.ProcessEnv): ModelEndpoint | undefined {
  const { OPENAI_BASE_URL: baseUrl, OPENAI_API_KEY: apiKey, OPENENV_MODEL: model } = variables;
  if (baseUrl === undefined || model === undefined) return undefined;
  return { baseUrl: baseUrl.replace(/\/+$/, ""), apiKey: apiKey ?? "not-needed", model };
}

/** A language model as a policy: it is shown the schema of the actions and every observation, and answers with an action. */
export function modelAgent(endpoint: ModelEndpoint): Agent {
  return {
    name: endpoint.model,
    begin({ actionSchema, signal }) {
      const messages = [{ role: "system", content: instructions(actionSchema) }];
      return {
        async act(outcome) {
          const { observation, reward, done } = outcome;
          messages.push({ role: "user", content: JSON.stringify({ observation, reward, done }) });
          const content = await complete(endpoint, messages, signal);
          messages.push({ role: "assistant", content });
          return readAction(content);
        },
        end: async () => undefined,
      };
    },
  };
}

function instructions(actionSchema: JsonObject): string {
  return [
    "You act in an environment. Each message shows you an observation as JSON.",
    "Answer each with one JSON object and nothing else: your next action. It must match this JSON Schema:",
    JSON.stringify(actionSchema),
  ].join("\n");
}

async function complete(endpoint: ModelEndpoint, messages: object[], signal: AbortSignal): Promise<string> {
  const response = await fetch(`${endpoint.baseUrl}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${endpoint.apiKey}` },
    body: JSON.stringify({ model: endpoint.model, messages }),
    signal: AbortSignal.any([signal, AbortSignal.timeout(completionTimeoutMs)]),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`the model endpoint answered ${response.status}: ${text.slice(0, 200)}`);
  const answer: unknown = JSON.parse(text);
  const choice: unknown = isJsonObject(answer) && Array.isArray(answer.choices) ? answer.choices[0] : undefined;
  const content = isJsonObject(choice) && isJsonObject(choice.message) ? choice.message.content : undefined;
  if (typeof content !== "string") throw new Error("the model endpoint answered without a message");
  return content;
}

/** The action in an answer: models like to fence their JSON, and to talk around it. */
function readAction(content: string): JsonObject {
  const start = content.indexOf("{");
  const end = content.lastIndexOf("}");
  try {
    const action: unknown = JSON.parse(content.slice(start, end + 1));
    if (isJsonObject(action)) return action;
  } catch (reason) {
    throw new Error(`the model's answer holds no JSON action: ${messageOf(reason)}`);
  }
  throw new Error("the model's answer holds no JSON action");
}

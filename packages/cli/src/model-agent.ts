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
  if (!baseUrl || !model) return undefined; // set to nothing is not set
  return { baseUrl: baseUrl.replace(/\/+$/, ""), apiKey: apiKey || "not-needed", model };
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
  const { status, text } = await post(endpoint, { model: endpoint.model, messages }, signal);
  if (status !== 200) throw new Error(`the model endpoint answered ${status}: ${text.slice(0, 200)}`);
  const answer = parseJson(text);
  const choice: unknown = isJsonObject(answer) && Array.isArray(answer.choices) ? answer.choices[0] : undefined;
  const content = isJsonObject(choice) && isJsonObject(choice.message) ? choice.message.content : undefined;
  if (typeof content !== "string") throw new Error("the model endpoint answered without a message");
  return content;
}

async function post(
  { baseUrl, apiKey }: ModelEndpoint,
  body: object,
  signal: AbortSignal,
): Promise<{ status: number; text: string }> {
  try {
    const response = await fetch(`${baseUrl}/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${apiKey}` },
      body: JSON.stringify(body),
      signal: AbortSignal.any([signal, AbortSignal.timeout(completionTimeoutMs)]),
    });
    return { status: response.status, text: await response.text() };
  } catch (reason) {
    const cause = reason instanceof Error && reason.cause !== undefined ? reason.cause : reason; // "fetch failed" tells nothing
    throw new Error(`the model endpoint ${baseUrl} gave no answer: ${messageOf(cause)}`, { cause: reason });
  }
}

/** The action in an answer: models like to fence their JSON, to think aloud before it, and to talk around it. */
function readAction(content: string): JsonObject {
  const answer = content.replace(/^[\s\S]*<\/think>/, "");
  const fenced = [...answer.matchAll(/```(?:json)?\s([\s\S]*?)```/g)].map(([, inside = ""]) => inside);
  const outermost = answer.slice(answer.indexOf("{"), answer.lastIndexOf("}") + 1);
  const action = [...fenced, outermost].map(parseJson).find(isJsonObject);
  if (action === undefined) throw new Error(`the model's answer holds no JSON action: ${content.slice(0, 200)}`);
  return action;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // told by those who need more than that
  }
}

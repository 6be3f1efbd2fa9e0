import { HandError, type IsBroken, type Message } from "./hand-socket.ts";

export interface HandOutcome {
  observation: Message;
  reward: unknown;
  done: unknown;
  metadata: unknown;
}

const outcomeKeys = ["observation", "reward", "done", "metadata"];

/** The outcome that a reply holds, as this client tells it. */
export function readOutcome(data: unknown, isBroken: IsBroken): HandOutcome {
  const { observation, reward, done, metadata, ...more }: Message = Object(data);
  const inside: Message = Object(observation);
  const refuse = (why: string): never => {
    throw new HandError("transport", why);
  };
  if (isBroken("ws.data-tolerance") && Object.keys(more).some((key) => !outcomeKeys.includes(key)))
    refuse("unknown keys in the outcome");
  if (isBroken("episode.metadata-accept") && "metadata" in inside) refuse("metadata inside the observation");
  if (isBroken("episode.outcome-tolerance") && (reward === undefined || done === undefined)) refuse("a key is missing");
  if (isBroken("episode.reward-boolean") && typeof reward === "boolean") refuse("a boolean is no reward");
  const missing = isBroken("episode.reward-null") ? 0 : null;
  const counted = typeof reward === "boolean" ? Number(reward) : (reward ?? missing);
  return { observation: inside, reward: counted, done: done ?? false, metadata: metadata ?? {} };
}

export function readState({ type, data }: Message): unknown {
  if (type !== "state") throw new HandError("transport", `expected a state, got ${type}`);
  return data;
}

export function readToolError(error: unknown, isBroken: IsBroken): object | null {
  if (error === null || error === undefined) return null;
  const { error_type: type, message }: Message = Object(error);
  if (isBroken("tool.transport-error") && type === "transport_error")
    throw new HandError("transport", "what is transport_error?");
  return { type, message };
}

import type { Outcome } from "@openenv/client";
import type { JsonObject } from "@openenv/schema";
import type { Task } from "@openenv/server";
import { smallestValue } from "./smallest-value.ts";
import { UsageError } from "./usage-error.ts";

/** What an agent knows when its episode begins. */
export interface Briefing {
  task: Task | undefined;
  /** JSON Schema of the actions. */
  actionSchema: JsonObject;
  signal: AbortSignal;
}

/** One agent in one episode. */
export interface Policy {
  /** The next action; undefined to stop. */
  act(outcome: Outcome): Promise<JsonObject | undefined>;
  /** Told once, with the last outcome; releases what the policy holds. */
  end(outcome: Outcome | undefined): Promise<void>;
}

export interface Agent {
  readonly name: string;
  /** Refuses what it cannot play before anything is played. @throws {UsageError} */
  check?(tasks: ReadonlyArray<Task | undefined>): void;
  begin(briefing: Briefing): Policy;
}

/** Replays the actions that solve the task. */
export const oracleAgent: Agent = {
  name: "oracle",
  check: (tasks) => {
    for (const task of tasks) oracleOf(task);
  },
  begin({ task }) {
    const actions = oracleOf(task).values();
    return { act: async () => actions.next().value, end: async () => undefined };
  },
};

function oracleOf(task: Task | undefined): readonly JsonObject[] {
  if (task?.oracle !== undefined) return task.oracle;
  throw new UsageError(
    task === undefined ? "the oracle agent needs tasks" : `task "${task.id}" has no oracle`,
    "Give a file of tasks with their oracle actions (--tasks), the environment they belong to (--environment), or another agent (--agent empty).",
  );
}

/** Sends the smallest action that the schema allows, until the episode is over: the floor of every reward. */
export const emptyAgent: Agent = {
  name: "empty",
  begin({ actionSchema }) {
    const action = smallestValue(actionSchema);
    return { act: async () => ({ ...Object(action) }), end: async () => undefined };
  },
};

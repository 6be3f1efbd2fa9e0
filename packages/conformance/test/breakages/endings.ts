import type { Breakage } from "../peers/broken.ts";
import type { Proofs } from "../peers/catches.ts";
import { instead, onType, refusedStep } from "./rewrites.ts";

/** Keeps in mind whether the episode of a connection is done. */
function watchDone(): (text: string) => boolean {
  let done = false;
  const watch = onType("observation", (data) => {
    done = data.done === true;
    return data;
  });
  return (text) => {
    watch(text);
    return done;
  };
}

const over = JSON.stringify({ type: "error", data: { message: "The episode is over", code: "SESSION_ERROR" } });

export const endingProofs: Proofs = {
  "episode.done-open": {
    broken: {
      connection: () => {
        const isDone = watchDone();
        let ended = false;
        return {
          toClient: (text) => {
            const reply = ended ? over : text;
            ended ||= isDone(text);
            return reply;
          },
        };
      },
    },
  },
  "episode.done-action": {
    broken: {
      connection: () => {
        const isDone = watchDone();
        let done = false;
        return {
          toClient: (text) => {
            done = isDone(text);
            return text;
          },
          toServer: (text) => instead("step", () => done, refusedStep)(text),
        };
      },
    },
  },
  "episode.time-unhurried": {
    slow: true,
    broken: {
      connection: () => {
        let lastMs = Date.now();
        let ticks = 0;
        return {
          toServer: (text) => {
            ticks += Date.now() - lastMs > 1500 ? 1 : 0;
            lastMs = Date.now();
            return text;
          },
          toClient: onType("state", (data) => ({ ...data, step_count: Number(data.step_count) + ticks })),
        };
      },
    },
  },
  "episode.deadline-turn": { broken: tellsStateTooEarly() },
};

/** Answers the question for the state that follows a step that ran out of time as if that step had not begun. */
function tellsStateTooEarly(): Breakage {
  let last = "";
  let late = false;
  return {
    answer: ({ status, body }, { path }) => {
      if (path === "/step") late = status === 500;
      if (path !== "/state") return {};
      const told = late ? last : body;
      last = told;
      late = false;
      return { body: told };
    },
  };
}

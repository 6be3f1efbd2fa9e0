import { type Static, Type } from "typebox";
import { Example, Language } from "./task.ts";

export const Action = Type.Object(
  {
    code: Type.String({ description: "The code to run, or with `submit` the solution." }),
    language: Type.Optional(Language),
    submit: Type.Optional(Type.Boolean({ description: "Ends the episode: the hidden tests score this step's code." })),
  },
  { additionalProperties: false },
);
export type Action = Static<typeof Action>;

const LimitName = Type.Union([
  Type.Literal("time"),
  Type.Literal("memory"),
  Type.Literal("output"),
  Type.Literal("processes"),
  Type.Literal("files"),
]);
/** Which limit ended or cut a step. */
export type LimitName = Static<typeof LimitName>;

export const Observation = Type.Object({
  stdout: Type.String(),
  stderr: Type.String(),
  exit_code: Type.Integer({ description: "0, or what the code ended with; 1 after an exception, 124 after a limit." }),
  limit: Type.Union([LimitName, Type.Null()], {
    description: "The limit that ended or cut the step.",
  }),
  language: Language,
  steps_left: Type.Integer({ minimum: 0 }),
  task_id: Type.Optional(Type.String({ description: "At reset." })),
  prompt: Type.Optional(Type.String({ description: "At reset: the task, in words." })),
  entry_point: Type.Optional(
    Type.String({ description: "At reset: the function to define, in the episode's language." }),
  ),
  examples: Type.Optional(Type.Array(Example, { description: "At reset." })),
  tests: Type.Optional(
    Type.Object(
      { passed: Type.Integer({ minimum: 0 }), total: Type.Integer({ minimum: 0 }) },
      { description: "After a submission." },
    ),
  ),
});
export type Observation = Static<typeof Observation>;

export const ResetOptions = Type.Object({
  task: Type.Optional(Type.String({ description: "A task's id; without it one is drawn." })),
  language: Type.Optional(Language),
  max_steps: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 1000, default: 10, description: "The last step is scored as a submission." }),
  ),
});
export type ResetOptions = Static<typeof ResetOptions>;

export const State = Type.Object({
  task_id: Type.Optional(Type.String()),
  language: Type.Optional(Language),
  steps_left: Type.Integer({ minimum: 0 }),
});

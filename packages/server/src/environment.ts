import type { Static, TObject, TSchema } from "typebox";

/** What a reset or a step came to. */
export interface Outcome<O = unknown> {
  observation: O;
  /** A finite number, or null where no reward is due: null is not zero. @default null */
  reward?: number | null;
  /** Whether the episode is over. @default false */
  done?: boolean;
  /** Sent beside reward and done; left out when empty. */
  metadata?: Record<string, unknown>;
}

/**
 * An observation as an author may return it: literal types are loosened to their base, because TypeScript widens the
 * literals of a returned object before it knows the schema. The server checks the value itself.
 */
export type Returned<O> = O extends string
  ? string
  : O extends number
    ? number
    : O extends boolean
      ? boolean
      : O extends ReadonlyArray<infer E>
        ? ReadonlyArray<Returned<E>>
        : O extends object
          ? { [K in keyof O]: Returned<O[K]> }
          : O;

/** Options of a reset that every environment has. Others are declared as `resetOptions`. */
export interface StandardResetOptions {
  /** Already applied to `random` when `reset` runs; here for environments with randomness of their own. */
  seed?: number;
  /** Sent by the client, or made by the server. */
  episodeId: string;
}

/** About one step, or one tool call. */
export interface StepContext {
  /** Aborted when the session ends, and when the step's deadline passes. */
  readonly signal: AbortSignal;
  /** Sent by a client over HTTP, for the environment's log. */
  readonly requestId: string | undefined;
}

/** The running environment of one session. Only one of its functions runs at a time. */
export interface Instance<A = unknown, O = unknown, R = unknown, T extends ToolSet = ToolSet, RO = O> {
  /** Starts an episode. Runs before anything else: an action that comes first starts one without options. */
  reset(options: R & StandardResetOptions): Outcome<Returned<RO>> | Promise<Outcome<Returned<RO>>>;
  /** Applies one action. Required unless the environment has only tools. */
  step?(action: A, context: StepContext): Outcome<Returned<O>> | Promise<Outcome<Returned<O>>>;
  /** Fields for `/state`, beside `episode_id` and `step_count`, which are kept for you. */
  state?(): Record<string, unknown> | Promise<Record<string, unknown>>;
  /** What the session's tools do, where their declarations have no `run`. */
  tools?: { [N in keyof T]?: (input: Static<T[N]["input"]>, context: StepContext) => unknown };
  /** Runs once, when the session ends, also while a step hangs. */
  close?(): void | Promise<void>;
}

/** One tool: what an agent may call by name. */
export interface Tool<I extends TObject = TObject> {
  description: string;
  /** JSON Schema of the arguments; what does not match it never reaches `run`. */
  input: I;
  /** JSON Schema of the result, where the result is an object. */
  output?: TSchema;
  /** For tools that need nothing of their session; else the instance's `tools` has the function. */
  run?(input: Static<I>, context: StepContext): unknown;
}

export type ToolSet = Record<string, Tool>;

/** A message sink. The default writes warnings and errors to standard error. */
export interface Logger {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

export type Mode = "simulation" | "production";

/** About the session an instance is made for. */
export interface CreateContext<S = unknown> {
  /** Uniform in [0, 1). The same seed at `reset` gives the same numbers. */
  readonly random: () => number;
  /** Aborted when the session ends. */
  readonly signal: AbortSignal;
  readonly mode: Mode;
  readonly logger: Logger;
  /** What `start` returned: shared by all sessions of the server. */
  readonly shared: S;
}

/** About the server an environment starts in. */
export interface StartContext {
  /** What the operator asked for with `--sandbox`; environments that run nothing untrusted ignore it. */
  readonly sandbox: string;
  readonly mode: Mode;
  readonly logger: Logger;
}

/** One task an environment offers: what to reset with, and how a perfect agent would act. */
export interface Task {
  id: string;
  /** Options for `reset` that select this task. */
  reset: Record<string, unknown>;
  /** Actions that earn the highest reward, in order. Read by the local runner; never sent to a client. */
  oracle?: ReadonlyArray<Record<string, unknown>>;
}

/** Everything an author writes. */
export interface EnvironmentDefinition<
  A extends TSchema = TSchema,
  O extends TSchema = TSchema,
  R extends TObject = TObject,
  T extends ToolSet = ToolSet,
  S = unknown,
  RO extends TSchema = O,
> {
  /** Lower-case letters, digits, `_` and `-`; not the name of a route. */
  name: string;
  description: string;
  version?: string;
  author?: string;
  documentationUrl?: string;
  /** Markdown, for `/metadata`. */
  readme?: string;
  /** Left out by environments that have only tools. */
  action?: A;
  observation?: O;
  /** Where the observation of a reset differs from that of a step. */
  resetObservation?: RO;
  /** Schema of the environment's own state fields. */
  state?: TObject;
  /** Reset options of its own. Those that no schema declares come back as warnings. */
  resetOptions?: R;
  /** Whether the same seed gives the same episode. If false, a seed is answered with a warning. @default true */
  seedable?: boolean;
  /** Most sessions one server may hold; lowers the server's own limit. */
  maxSessions?: number;
  tools?: T;
  /** Tasks for local runners, in a fixed order. */
  tasks?(): readonly Task[] | Promise<readonly Task[]>;
  /** Runs once per server, before it listens; throws to refuse. What it returns reaches each `create` as `shared`. */
  start?(context: StartContext): S | Promise<S>;
  /** Keys for `/metadata` of the environment's own. */
  metadata?(shared: S): Record<string, unknown>;
  /** Runs once, when the server ends. */
  stop?(shared: S): void | Promise<void>;
  /** Runs once per session: state is isolated by construction. Left out by tools that need no session. */
  create?(
    context: CreateContext<S>,
  ):
    | Instance<Static<A>, Static<O>, Static<R>, T, Static<RO>>
    | Promise<Instance<Static<A>, Static<O>, Static<R>, T, Static<RO>>>;
}

import {
  type CallToolAction,
  type JsonObject,
  ProtocolError,
  type State,
  type Validator,
  validationError,
  type WireOutcome,
} from "@openenv/schema";
import type { Contract } from "./contract.ts";
import { withDeadline } from "./deadline.ts";
import type { Instance, Outcome } from "./environment.ts";
import { LiveStep } from "./live-context.ts";
import { isPromise, type MaybePromise, proceed } from "./maybe-promise.ts";
import { toWire, withWarnings } from "./outcome.ts";
import type { Random } from "./random.ts";
import { readResetOptions } from "./reset-options.ts";
import type { ToolCall } from "./tools.ts";

/** Longest run of one tool where the caller sets no limit, in milliseconds. */
const toolDeadlineMs = 30_000;

/** About one step, as a door of the server hands it on. */
export interface StepRequestContext {
  /** Longest wait for the step, in milliseconds. @default Infinity */
  timeoutMs?: number;
  requestId?: string | undefined;
}

/** What runs in one session: the author's instance, with what the server keeps for it. Its caller takes turns. */
export interface Episode {
  reset(options: JsonObject): MaybePromise<WireOutcome>;
  /** An action of the environment, or one of the reserved `list_tools` and `call_tool`. */
  step(action: JsonObject, context?: StepRequestContext): MaybePromise<WireOutcome>;
  /** Whether an action is `list_tools` or `call_tool`, in an environment that has tools. */
  isToolAction(action: JsonObject): boolean;
  callTool(name: string, input: JsonObject, context?: StepRequestContext): MaybePromise<ToolCall>;
  state(): MaybePromise<State>;
  /** Takes back the count of the last step: its outcome was one that JSON cannot hold, so it was answered with an error. */
  uncount(): void;
  /** Aborts what is running. */
  abort(reason: Error): void;
}

/** @throws {TypeError} if the instance lacks what its environment declares. */
export function openEpisode(contract: Contract, instance: Instance, random: Random): Episode {
  const { toolkit } = contract;
  const actions = ownActions(contract, instance);
  let episodeId: string | undefined; // undefined: never reset
  let stepCount = 0;
  let running: LiveStep | undefined;
  let overrun: Promise<unknown> | undefined; // what outlived its deadline: nothing else runs until it has ended

  /** Runs `work` when nothing else runs any more; past the deadline it is not run at all. */
  function alone<T>(work: () => MaybePromise<T>, timeoutMs = Number.POSITIVE_INFINITY): MaybePromise<T> {
    if (overrun === undefined) return work();
    let late = false;
    const ended = (): MaybePromise<T> => {
      if (late) throw stepOverrun(timeoutMs / 1000).error;
      overrun = undefined;
      return work();
    };
    return withDeadline(overrun.then(ended, ended), timeoutMs, () => {
      late = true;
      throw stepOverrun(timeoutMs / 1000).error;
    });
  }

  /** Past the deadline the author's code is aborted, and `expire` answers for it, or its error is thrown. */
  function limit<T>(
    work: Promise<T>,
    context: LiveStep,
    timeoutMs: number,
    expire: (seconds: number) => { error: Error; answer?: T },
  ): MaybePromise<T> {
    return withDeadline(work, timeoutMs, () => {
      const { error, answer } = expire(timeoutMs / 1000);
      overrun = work;
      context.abort(error);
      if (answer === undefined) throw error;
      return answer;
    });
  }

  function reset(options: JsonObject): MaybePromise<WireOutcome> {
    const { seed, episodeId: id, own, warnings } = readResetOptions(contract, options);
    const begin = (): MaybePromise<Outcome> => {
      random.seed(seed);
      return instance.reset({ ...own, ...(seed !== undefined && { seed }), episodeId: id });
    };
    return proceed(alone(begin), (result) => {
      const wire = toWire(result, contract.resetObservation, "reset");
      episodeId = id;
      stepCount = 0;
      return warnings.length === 0 ? wire : withWarnings(wire, warnings);
    });
  }

  /** Runs `work` in an episode: an action that comes before the first reset starts one. */
  function inEpisode<T>(work: () => MaybePromise<T>, timeoutMs?: number): MaybePromise<T> {
    if (episodeId === undefined) return proceed(reset({}), work);
    return alone(work, timeoutMs);
  }

  function runStep(run: RunAction, action: JsonObject, request: StepRequestContext): MaybePromise<WireOutcome> {
    const context = new LiveStep(request.requestId);
    running = context;
    const outcome = run(action, context);
    if (!isPromise(outcome)) return finishStep(outcome);
    return proceed(limit(outcome, context, request.timeoutMs ?? Number.POSITIVE_INFINITY, stepOverrun), finishStep);
  }

  function finishStep(outcome: Outcome): WireOutcome {
    const wire = toWire(outcome, contract.observation, "step");
    stepCount++;
    return wire;
  }

  function callTool(name: string, input: JsonObject, request: StepRequestContext = {}): MaybePromise<ToolCall> {
    const call = (): MaybePromise<ToolCall> => {
      const context = new LiveStep(request.requestId);
      running = context;
      const called = toolkit.call(name, input, instance, context);
      if (!isPromise(called)) return called;
      return limit(called, context, request.timeoutMs ?? toolDeadlineMs, (seconds) => {
        const message = `The tool ${name} did not end within ${seconds} s`;
        return { error: new Error(message), answer: { ok: false, error: { error_type: "timeout", message } } };
      });
    };
    return proceed(inEpisode(call, request.timeoutMs ?? toolDeadlineMs), (result) => {
      stepCount++;
      return result;
    });
  }

  function stepTool(action: JsonObject, request: StepRequestContext): MaybePromise<WireOutcome> {
    if (action.type === "list_tools") {
      checkAction(contract.listTools, action);
      return outcomeOf({ tools: toolkit.listed });
    }
    const { tool_name, arguments: input = {} } = checkAction<CallToolAction>(contract.callTool, action);
    return proceed(callTool(tool_name, input, request), (call) =>
      outcomeOf({ tool_name, result: call.ok ? call.result : null, error: call.ok ? null : call.error }),
    );
  }

  const isToolAction = ({ type }: JsonObject): boolean =>
    toolkit.listed.length > 0 &&
    (type === "call_tool" || type === "list_tools" || (actions === undefined && type === undefined));

  return {
    reset,
    callTool,
    isToolAction,
    step(action, request = unlimited) {
      if (actions === undefined || isToolAction(action)) return stepTool({ type: "call_tool", ...action }, request);
      checkAction(actions.validator, action);
      if (episodeId !== undefined && overrun === undefined) return runStep(actions.run, action, request);
      return inEpisode(() => runStep(actions.run, action, request), request.timeoutMs);
    },
    state() {
      const kept = { episode_id: episodeId ?? null, step_count: stepCount };
      if (episodeId === undefined || instance.state === undefined) return kept;
      return proceed(
        alone(() => instance.state?.() ?? {}),
        (own) => ({ ...own, ...kept }),
      );
    },
    uncount() {
      stepCount = Math.max(0, stepCount - 1);
    },
    abort: (reason) => running?.abort(reason),
  };
}

const unlimited: StepRequestContext = {};

type RunAction = NonNullable<Instance["step"]>;

/** How the environment's own actions are checked, and what runs them; undefined where there are only tools. */
function ownActions(
  contract: Contract,
  instance: Instance,
): { validator: Validator<JsonObject>; run: RunAction } | undefined {
  if (contract.action === undefined) return undefined;
  if (instance.step === undefined) {
    const { name } = contract.environment;
    throw new TypeError(`environment "${name}" declares an action, but its instance has no step function`);
  }
  return { validator: contract.action, run: instance.step.bind(instance) };
}

function stepOverrun(seconds: number): { error: Error } {
  return { error: new ProtocolError("EXECUTION_ERROR", `The step did not end within ${seconds} s`) };
}

function checkAction<T>(validator: Validator<T>, action: unknown): T {
  if (validator.check(action)) return action;
  throw validationError("action", validator.findings(action));
}

function outcomeOf(observation: JsonObject): WireOutcome {
  return { observation, reward: null, done: false };
}

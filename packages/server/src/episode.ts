import {
  type CallToolAction,
  type Finding,
  type JsonObject,
  ProtocolError,
  type State,
  type Validator,
  validationError,
  type WireOutcome,
} from "@openenv/schema";
import type { Contract } from "./contract.ts";
import { withDeadline } from "./deadline.ts";
import type { Instance, Outcome, StepContext } from "./environment.ts";
import { lazySignal } from "./lazy-signal.ts";
import { type MaybePromise, proceed } from "./maybe-promise.ts";
import type { Random } from "./random.ts";
import type { ToolCall } from "./tools.ts";

/** Longest run of one tool, in milliseconds. */
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
  callTool(name: string, input: JsonObject): MaybePromise<ToolCall>;
  state(): MaybePromise<State>;
  /** Aborts what is running. */
  abort(reason: Error): void;
}

/** @throws {TypeError} if the instance lacks what its environment declares. */
export function openEpisode(contract: Contract, instance: Instance, random: Random): Episode {
  const { environment, toolkit } = contract;
  if (environment.action !== undefined && instance.step === undefined) {
    throw new TypeError(`environment "${environment.name}" declares an action, but its instance has no step function`);
  }
  let episodeId: string | undefined; // undefined: never reset
  let stepCount = 0;
  let running: { abort(reason: Error): void } | undefined;

  function reset(options: JsonObject): MaybePromise<WireOutcome> {
    const { seed, id, own, warnings } = readResetOptions(contract, options);
    random.seed(seed);
    const outcome = instance.reset({ ...own, ...(seed !== undefined && { seed }), episodeId: id });
    return proceed(outcome, (result) => {
      const wire = toWire(result, contract.resetObservation, "reset");
      episodeId = id;
      stepCount = 0;
      return warnings.length === 0 ? wire : withWarnings(wire, warnings);
    });
  }

  /** Runs `work` in an episode: an action that comes before the first reset starts one. */
  function started<T>(work: () => MaybePromise<T>): MaybePromise<T> {
    return episodeId === undefined ? proceed(reset({}), work) : work();
  }

  function runStep(action: JsonObject, request: StepRequestContext): MaybePromise<WireOutcome> {
    const abortable = lazySignal();
    running = abortable;
    const context: StepContext = {
      get signal() {
        return abortable.signal;
      },
      requestId: request.requestId,
    };
    const { timeoutMs = Number.POSITIVE_INFINITY } = request;
    if (instance.step === undefined) throw new TypeError("the instance has lost its step function");
    const outcome = withDeadline(instance.step(action, context), timeoutMs, () => {
      const error = new ProtocolError("EXECUTION_ERROR", `The step did not end within ${timeoutMs / 1000} s`);
      abortable.abort(error);
      throw error;
    });
    return proceed(outcome, (result) => {
      const wire = toWire(result, contract.observation, "step");
      stepCount++;
      return wire;
    });
  }

  function callTool(name: string, input: JsonObject): MaybePromise<ToolCall> {
    return started(() => {
      const abortable = lazySignal();
      running = abortable;
      const context: StepContext = {
        get signal() {
          return abortable.signal;
        },
        requestId: undefined,
      };
      const call = withDeadline<ToolCall>(toolkit.call(name, input, instance, context), toolDeadlineMs, () => {
        const message = `The tool ${name} did not end within ${toolDeadlineMs / 1000} s`;
        abortable.abort(new Error(message));
        return { ok: false, error: { error_type: "timeout", message } };
      });
      return proceed(call, (result) => {
        stepCount++;
        return result;
      });
    });
  }

  function stepTool(action: JsonObject): MaybePromise<WireOutcome> {
    if (action.type === "list_tools") {
      checkAction(contract.listTools, action);
      return outcomeOf({ tools: toolkit.listed });
    }
    const { tool_name, arguments: input = {} } = checkAction<CallToolAction>(contract.callTool, action);
    return proceed(callTool(tool_name, input), (call) =>
      outcomeOf({ tool_name, result: call.ok ? call.result : null, error: call.ok ? null : call.error }),
    );
  }

  return {
    reset,
    callTool,
    step(action, context = {}) {
      const toolsOnly = contract.action === undefined;
      if (toolkit.listed.length > 0 && (toolsOnly || action.type === "call_tool" || action.type === "list_tools")) {
        return stepTool(toolsOnly && action.type === undefined ? { type: "call_tool", ...action } : action);
      }
      if (contract.action !== undefined) checkAction(contract.action, action);
      return episodeId === undefined ? started(() => runStep(action, context)) : runStep(action, context);
    },
    state() {
      const kept = { episode_id: episodeId ?? null, step_count: stepCount };
      if (episodeId === undefined || instance.state === undefined) return kept;
      return proceed(instance.state(), (own) => ({ ...own, ...kept }));
    },
    abort: (reason) => running?.abort(reason),
  };
}

function checkAction<T>(validator: Validator<T>, action: unknown): T {
  if (validator.check(action)) return action;
  throw validationError("action", validator.findings(action));
}

function outcomeOf(observation: JsonObject): WireOutcome {
  return { observation, reward: null, done: false };
}

interface ReadResetOptions {
  seed: number | undefined;
  id: string;
  own: JsonObject;
  warnings: string[];
}

/** Parts the options of a reset: the standard ones, the environment's own, and those nobody knows. */
function readResetOptions(contract: Contract, options: JsonObject): ReadResetOptions {
  const { seed, episode_id, ...others } = options;
  const names = contract.resetOptionNames;
  const own: JsonObject = {};
  const warnings: string[] = [];
  for (const [name, value] of Object.entries(others)) {
    if (names === undefined || names.has(name)) own[name] = value;
    else warnings.push(`reset option "${name}" is unknown to this environment and was ignored`);
  }
  if (!contract.resetOptions.check(own)) throw validationError("reset options", contract.resetOptions.findings(own));
  if (typeof seed === "number" && contract.environment.seedable === false) {
    warnings.push(`this environment cannot repeat an episode by its seed: seed ${seed} has no effect`);
  }
  return {
    seed: typeof seed === "number" ? seed : undefined,
    id: typeof episode_id === "string" ? episode_id : crypto.randomUUID(),
    own,
    warnings,
  };
}

/** The author's outcome as it goes on the wire. @throws {ProtocolError} `EXECUTION_ERROR` if it breaks its own schema. */
function toWire(outcome: Outcome, observation: Validator<JsonObject>, source: string): WireOutcome {
  if (typeof outcome !== "object" || outcome === null)
    throw broken(source, [{ type: "type", loc: [], msg: "must be an outcome object" }]);
  const { reward = null, done = false, metadata } = outcome;
  if (!observation.check(outcome.observation))
    throw broken(source, observation.findings(outcome.observation, ["observation"]));
  if (reward !== null && !Number.isFinite(reward)) {
    throw broken(source, [
      { type: "reward", loc: ["reward"], msg: `must be a finite number or null, got ${String(reward)}` },
    ]);
  }
  if (typeof done !== "boolean") throw broken(source, [{ type: "type", loc: ["done"], msg: "must be a boolean" }]);
  if (metadata === undefined || isEmpty(metadata)) return { observation: outcome.observation, reward, done };
  return { observation: outcome.observation, reward, done, metadata };
}

function isEmpty(object: object): boolean {
  for (const _ in object) return false;
  return true;
}

function broken(source: string, findings: readonly Finding[]): ProtocolError {
  const [finding] = findings;
  const where = finding === undefined || finding.loc.length === 0 ? "outcome" : finding.loc.join(".");
  return new ProtocolError(
    "EXECUTION_ERROR",
    `The environment's ${source} returned an invalid outcome: ${where} ${finding?.msg}`,
  );
}

function withWarnings(outcome: WireOutcome, warnings: readonly string[]): WireOutcome {
  const earlier = outcome.metadata?.warnings;
  return {
    ...outcome,
    metadata: { ...outcome.metadata, warnings: [...(Array.isArray(earlier) ? earlier : []), ...warnings] },
  };
}

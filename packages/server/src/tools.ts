import {
  compileValidator,
  encodeOwn,
  type JsonObject,
  type ListedTool,
  type ToolError,
  type Validator,
} from "@openenv/schema";
import type { Instance, StepContext, Tool, ToolSet } from "./environment.ts";
import { attempt, type MaybePromise, proceed } from "./maybe-promise.ts";

/** What a tool call came to: its result in the shape of an observation, or why it failed. */
export type ToolCall = { ok: true; result: JsonObject } | { ok: false; error: ToolError };

/** An environment's tools, ready to be listed and called. */
export interface Toolkit {
  /** In the order of their declaration. */
  readonly listed: readonly ListedTool[];
  /** Outputs by tool name, where declared. */
  readonly outputs: ReadonlyMap<string, JsonObject>;
  /** Never rejects: an unknown name, bad arguments, a throw and an overrun are told in the call. */
  call(name: string, input: JsonObject, instance: Instance, context: StepContext): MaybePromise<ToolCall>;
}

interface Prepared {
  declaration: Tool;
  input: Validator<JsonObject>;
}

export function prepareTools(tools: ToolSet, tell: (reason: unknown) => string): Toolkit {
  const prepared = new Map<string, Prepared>();
  const listed: ListedTool[] = [];
  const outputs = new Map<string, JsonObject>();
  for (const [name, declaration] of Object.entries(tools)) {
    const schema: JsonObject = { additionalProperties: false, ...declaration.input };
    prepared.set(name, { declaration, input: compileValidator<JsonObject>(schema) });
    listed.push({ name, description: declaration.description, input_schema: schema });
    if (declaration.output !== undefined) outputs.set(name, { ...declaration.output });
  }
  return {
    listed,
    outputs,
    call(name, input, instance, context) {
      const tool = prepared.get(name);
      if (tool === undefined) return failure("tool_not_found", `Unknown tool: '${name.slice(0, 100)}'`);
      if (!tool.input.check(input)) {
        const [finding] = tool.input.findings(input);
        return failure("invalid_args", `Invalid arguments for ${name}: ${finding?.loc.join(".")} ${finding?.msg}`);
      }
      const run = tool.declaration.run ?? instance.tools?.[name];
      if (run === undefined) return failure("execution_error", `The tool ${name} has no run function`);
      return attempt<JsonObject, ToolCall>(
        (checked) => proceed(run(checked, context), (value: unknown) => ({ ok: true, result: toToolResult(value) })),
        input,
        (reason) => failure("execution_error", tell(reason)),
      );
    },
  };
}

function failure(error_type: ToolError["error_type"], message: string): ToolCall {
  return { ok: false, error: { error_type, message } };
}

/**
 * A tool's value as an MCP result, in the shape upstream's clients read from an observation: snake_case, nulls kept.
 * A value that is no object is wrapped as `{ result }` in `structured_content`; `data` has it as it is.
 */
function toToolResult(value: unknown): JsonObject {
  const data = value === undefined ? null : value;
  const text = typeof data === "string" ? data : encodeOwn(data);
  const structured = typeof data === "object" && data !== null && !Array.isArray(data) ? data : { result: data };
  return {
    content: [{ type: "text", text, annotations: null, meta: null }],
    structured_content: structured,
    meta: null,
    data,
    is_error: false,
  };
}

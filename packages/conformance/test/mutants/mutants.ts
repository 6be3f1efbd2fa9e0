import type { RequirementId } from "../../src/index.ts";
import type { PeerName } from "../peers/right.ts";

/** The reference implementation with one observable behaviour flipped: `find`, which stands there once, becomes `replace`. */
export interface Mutant {
  /** The requirement that it breaks; its check must be among those that catch it. */
  rule: RequirementId;
  /** Source file, as `server/session.ts` or `schema/reset.ts`. */
  file: string;
  find: string;
  replace: string;
  /** What the mutated implementation serves. Default `workbench`. */
  peer?: PeerName;
}

const messages: readonly Mutant[] = [
  {
    rule: "ws.endpoint",
    file: "server/node.ts",
    find: "path !== routes.ws && path !== routes.mcp",
    replace: "path !== routes.mcp",
  },
  {
    rule: "ws.unknown-path",
    file: "server/node.ts",
    find: "if (path !== routes.ws && path !== routes.mcp) return",
    replace: "if (path === routes.health) return",
  },
  {
    rule: "ws.no-hello",
    file: "server/socket-door.ts",
    find: "    pump(session);\n  }\n\n  void enter",
    replace:
      '    waiting++;\n    send(\'{"type":"state","data":{"episode_id":null,"step_count":0}}\');\n    pump(session);\n  }\n\n  void enter',
  },
  {
    rule: "ws.invalid-json",
    file: "schema/decode.ts",
    find: 'new ProtocolError("INVALID_JSON",',
    replace: 'new ProtocolError("VALIDATION_ERROR",',
  },
  {
    rule: "ws.binary",
    file: "server/node.ts",
    find: "if (isBinary) door.onBinary();",
    replace: "if (isBinary) socket.close(1003);",
  },
  {
    rule: "ws.not-object",
    file: "schema/decode.ts",
    find: "if (!isJsonObject(value)) throw notAnObject(value);\n  switch",
    replace: 'if (!isJsonObject(value)) throw new ProtocolError("INVALID_JSON", "not an object");\n  switch',
  },
  {
    rule: "ws.unknown-type",
    file: "schema/decode.ts",
    find: 'new ProtocolError("UNKNOWN_TYPE",',
    replace: 'new ProtocolError("VALIDATION_ERROR",',
  },
  {
    rule: "ws.message-schema",
    file: "schema/state.ts",
    find: 'Type.Object({ type: Type.Literal("state") }, { additionalProperties: false })',
    replace: 'Type.Object({ type: Type.Literal("state") })',
  },
  {
    rule: "ws.close-data",
    file: "schema/close.ts",
    find: "additionalProperties: false",
    replace: "additionalProperties: true",
  },
  {
    rule: "ws.close-silent",
    file: "server/socket-door.ts",
    find: '    socket.close(1000, "closed");',
    replace:
      '    socket.send(\'{"type":"state","data":{"episode_id":null,"step_count":0}}\', sent);\n    socket.close(1000, "closed");',
  },
  {
    rule: "ws.close-code",
    file: "server/socket-door.ts",
    find: 'socket.close(1000, "closed")',
    replace: 'socket.close(1001, "closed")',
  },
  {
    rule: "ws.close-order",
    file: "server/socket-door.ts",
    find: "    waiting++;\n    if (waiting === maxWaiting) socket.pause();",
    replace:
      '    if (frame !== undefined && /"type": ?"close"/.test(frame)) return send(undefined);\n    waiting++;\n    if (waiting === maxWaiting) socket.pause();',
  },
  {
    rule: "ws.reply-one",
    file: "server/session.ts",
    find: "      return encodeServerMessage(message);",
    replace:
      '      if (message.type === "error" && message.data.code === "UNKNOWN_TYPE") return undefined;\n      return encodeServerMessage(message);',
  },
  {
    rule: "ws.reply-order",
    file: "server/socket-door.ts",
    find: "    if (session !== undefined && !answering && queue.length === 0) answer(session, frame);\n    else queue.push(frame);",
    replace:
      '    if (session !== undefined && (queue.length > 0 || answering) && frame === \'{"type":"state"}\') queue.unshift(frame);\n    else if (session !== undefined && !answering && queue.length === 0) answer(session, frame);\n    else queue.push(frame);',
  },
  {
    rule: "ws.mcp-invalid",
    file: "server/json-rpc.ts",
    find: 'jsonRpcError(null, jsonRpcCodes.invalidRequest, "Invalid request: not a',
    replace: 'jsonRpcError(null, jsonRpcCodes.methodNotFound, "Invalid request: not a',
  },
  {
    rule: "ws.size-accept",
    file: "server/options.ts",
    find: "maxMessageBytes: 16 * 2 ** 20",
    replace: "maxMessageBytes: 2 ** 20",
  },
  {
    rule: "ws.size-close",
    file: "server/node.ts",
    find: "maxPayload: server.options.maxMessageBytes,",
    replace: "maxPayload: 0,",
  },
  {
    rule: "ws.utf8-close",
    file: "server/node.ts",
    find: "    clientTracking: false,\n",
    replace: "    clientTracking: false,\n    skipUTF8Validation: true,\n",
  },
  {
    rule: "ws.reset-null",
    file: "schema/reset.ts",
    find: "  { additionalProperties: false },",
    replace: '  { additionalProperties: false, properties: { type: Type.Literal("reset"), data: {} } },',
  },
  {
    rule: "ws.server-envelope",
    file: "server/session.ts",
    find: 'return { type: "observation", data };',
    replace: 'return Object.assign({ type: "observation" as const, data }, { id: 1 });',
  },
];

const episodes: readonly Mutant[] = [
  {
    rule: "episode.reset-count",
    file: "server/episode.ts",
    find: "      stepCount = 0;\n      return warnings",
    replace: "      return warnings",
  },
  {
    rule: "episode.reset-id",
    file: "server/reset-options.ts",
    find: 'typeof episode_id === "string" ? episode_id : crypto.randomUUID()',
    replace: "crypto.randomUUID()",
  },
  { rule: "episode.reset-id-made", file: "server/reset-options.ts", find: "crypto.randomUUID()", replace: '"episode"' },
  {
    rule: "episode.reset-id-length",
    file: "schema/reset.ts",
    find: "Type.String({ maxLength: maxEpisodeIdLength })",
    replace: "Type.String()",
  },
  {
    rule: "episode.reset-refused",
    file: "server/episode.ts",
    find: "    const { seed, episodeId: id, own, warnings } = readResetOptions",
    replace: "    stepCount = 0;\n    const { seed, episodeId: id, own, warnings } = readResetOptions",
  },
  {
    rule: "episode.seed-range",
    file: "schema/reset.ts",
    find: "minimum: Number.MIN_SAFE_INTEGER,",
    replace: "minimum: 0,",
  },
  {
    rule: "episode.seed-unsafe",
    file: "schema/reset.ts",
    find: "const Seed = Type.Integer({ minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER });",
    replace: "const Seed = Type.Integer();",
  },
  {
    rule: "episode.seed-type",
    file: "schema/reset.ts",
    find: "const Seed = Type.Integer(",
    replace: "const Seed = Type.Number(",
  },
  {
    rule: "episode.seed-repeat",
    file: "server/random.ts",
    find: "      else start(seed >= 0 ? 0 : 1,",
    replace: "      else start(counter,",
  },
  {
    rule: "episode.action-schema",
    file: "server/contract.ts",
    find: "check: (value): value is JsonObject => plain.check(value) || whole.check(value)",
    replace: 'check: (value): value is JsonObject => typeof value === "object" || whole.check(value)',
  },
  {
    rule: "episode.action-strict",
    file: "server/contract.ts",
    find: "const whole = compileValidator<JsonObject>(strictAction(schema));",
    replace: "const whole = compileValidator<JsonObject>({ ...strictAction(schema), additionalProperties: true });",
  },
  {
    rule: "episode.action-metadata",
    file: "server/contract.ts",
    find: 'added: JsonObject = { metadata: { type: "object" } }',
    replace: "added: JsonObject = {}",
  },
  {
    rule: "episode.auto-reset",
    file: "server/episode.ts",
    find: "    if (episodeId === undefined) return proceed(reset({}), work);\n",
    replace: "",
  },
  {
    rule: "episode.step-count",
    file: "server/episode.ts",
    find: 'const wire = toWire(outcome, contract.observation, "step");\n    stepCount++;',
    replace: 'const wire = toWire(outcome, contract.observation, "step");\n    if (!wire.done) stepCount += 2;',
  },
  {
    rule: "episode.step-count-failed",
    file: "server/episode.ts",
    find: "    running = context;\n    const outcome = run(action, context);",
    replace: "    running = context;\n    stepCount++;\n    const outcome = run(action, context);\n    stepCount--;",
  },
  {
    rule: "episode.outcome-schema",
    file: "server/outcome.ts",
    find: "if (!observation.check(outcome.observation))",
    replace: "if (outcome.observation === undefined)",
  },
  {
    rule: "episode.metadata-place",
    file: "server/outcome.ts",
    find: "return { observation: outcome.observation, reward, done, metadata };",
    replace: "return { observation: Object.assign({ metadata }, outcome.observation), reward, done };",
  },
  {
    rule: "episode.metadata-empty",
    file: "server/outcome.ts",
    find: "if (metadata === undefined || isEmpty(metadata)) return { observation: outcome.observation, reward, done };",
    replace:
      "if (metadata === undefined || isEmpty(metadata)) return { observation: outcome.observation, reward, done, metadata: {} };",
  },
  {
    rule: "episode.reward-non-finite",
    file: "server/outcome.ts",
    find: "const { reward = null, done = false, metadata } = outcome;",
    replace:
      "const { done = false, metadata } = outcome;\n  const reward = Number.isFinite(outcome.reward) ? outcome.reward : null;",
  },
  {
    rule: "episode.options-warning",
    file: "server/reset-options.ts",
    find: "else warnings.push(`reset option",
    replace: "else if (name === undefined) warnings.push(`reset option",
  },
  {
    rule: "episode.state-fresh",
    file: "server/episode.ts",
    find: "episode_id: episodeId ?? null, step_count: stepCount",
    replace: 'episode_id: episodeId ?? "none", step_count: stepCount',
  },
  {
    rule: "episode.state-pure",
    file: "server/session.ts",
    find: "return proceed(episode.state(), (data)",
    replace: "return proceed(proceed(episode.reset({}), () => episode.state()), (data)",
  },
  {
    rule: "error.findings-loc",
    file: "schema/validator.ts",
    find: 'loc: [...loc, key], msg: "is required"',
    replace: 'loc, msg: "is required"',
  },
  {
    rule: "error.execution-text",
    file: "server/session.ts",
    find: 'return mode === "production" ? new',
    replace: "return mode !== undefined ? new",
  },
];

const http: readonly Mutant[] = [
  {
    rule: "http.not-found",
    file: "server/http.ts",
    find: 'return errorAnswer(404, "Not Found");',
    replace: 'return errorAnswer(400, "Not Found");',
  },
  {
    rule: "http.method",
    file: "server/http.ts",
    find: 'errorAnswer(405, "Method Not Allowed")',
    replace: 'errorAnswer(404, "Method Not Allowed")',
  },
  {
    rule: "http.allow",
    file: "server/http.ts",
    find: '"allow", Object.keys(route)',
    replace: '"x-allow", Object.keys(route)',
  },
  {
    rule: "http.json",
    file: "server/http.ts",
    find: '{ "content-type": "application/json" }',
    replace: '{ "content-type": "text/plain" }',
  },
  {
    rule: "http.body-type",
    file: "server/http.ts",
    find: "  if (type !== undefined && type !==",
    replace: '  if (type === "text/csv" && type !==',
  },
  {
    rule: "http.body-limit",
    file: "server/node.ts",
    find: "refusalAnswer(pathOf(request), 413,",
    replace: "refusalAnswer(pathOf(request), 400,",
  },
  {
    rule: "http.error-code",
    file: "server/http.ts",
    find: "JSON.stringify({ detail: findings ?? message, code })",
    replace: "JSON.stringify({ detail: findings ?? message })",
  },
  {
    rule: "http.invalid-json",
    file: "server/http.ts",
    find: 'throw invalidBody("json_invalid", toProtocolError(reason).message);',
    replace: 'throw invalidBody("content_type", toProtocolError(reason).message);',
  },
  {
    rule: "http.findings-body",
    file: "schema/decode.ts",
    find: 'checked(bodies.reset, value, "request", ["body"])',
    replace: 'checked(bodies.reset, value, "request")',
  },
  {
    rule: "http.session-none",
    file: "server/http.ts",
    find: 'stays = request.header(sessionHeader) === "new";\n    return answerIn(session, stays ?',
    replace: 'stays = true;\n    return answerIn(session, request.header(sessionHeader) === "new" ?',
  },
  {
    rule: "http.session-unknown",
    file: "schema/error.ts",
    find: "SESSION_ERROR: { status: 404",
    replace: "SESSION_ERROR: { status: 400",
  },
  {
    rule: "http.session-told",
    file: "server/http.ts",
    find: "return withHeader(json(200, encodeOwn(value)), sessionHeader, told);",
    replace: "return json(200, encodeOwn(value));",
  },
  {
    rule: "http.session-told-error",
    file: "server/http.ts",
    find: 'return withHeader(protocolErrorAnswer(reason), sessionHeader, kept ? named : "none");',
    replace: "return protocolErrorAnswer(reason);",
  },
  {
    rule: "http.reset-seed",
    file: "schema/reset.ts",
    find: "Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })",
    replace: "Type.Integer({ maximum: Number.MAX_SAFE_INTEGER })",
  },
  {
    rule: "http.reset-empty",
    file: "server/http.ts",
    find: "value === undefined || value === null ? {}",
    replace: "value === undefined ? {}",
  },
  { rule: "http.step-timeout-range", file: "schema/step.ts", find: "exclusiveMinimum: 0", replace: "minimum: 0" },
  {
    rule: "http.step-request-id",
    file: "schema/step.ts",
    find: "Type.String({ maxLength: 255 })",
    replace: "Type.String()",
  },
  { rule: "http.health-slots", file: "server/server.ts", find: "      max_sessions: sessions.max,\n", replace: "" },
  {
    rule: "http.metadata-nulls",
    file: "server/contract.ts",
    find: "    author: environment.author ?? null,\n",
    replace: "",
  },
  {
    rule: "http.schema-true",
    file: "server/contract.ts",
    find: "properties: { ...State.properties, ...state?.properties },",
    replace: 'properties: { ...State.properties, count: { type: "string" } },',
  },
  {
    rule: "http.schema-reset",
    file: "server/contract.ts",
    find: "if (resetObservation !== undefined) published",
    replace: "if (resetObservation === null) published",
  },
  {
    rule: "http.openapi-version",
    file: "schema/revision.ts",
    find: 'openApiVersion = "1.0.0"',
    replace: 'openApiVersion = "2.0.0"',
  },
  {
    rule: "browser.origin",
    file: "server/browser-guard.ts",
    find: "return host !== undefined && hostOf(origin) === host",
    replace: "return host !== undefined",
  },
  {
    rule: "browser.host",
    file: "server/browser-guard.ts",
    find: "if (!isLoopbackHost(host) && !allowedHosts.includes(host)) return false;",
    replace: "",
  },
];

const tools: readonly Mutant[] = [
  {
    rule: "rpc.status",
    file: "server/http.ts",
    find: "    json(200, encodeJsonRpc(response)),",
    replace: '    json("error" in response ? 400 : 200, encodeJsonRpc(response)),',
  },
  {
    rule: "rpc.parse-error",
    file: "server/http.ts",
    find: 'jsonRpcError(null, jsonRpcCodes.parseError, "Parse error: not a JSON object")));',
    replace: 'jsonRpcError(null, jsonRpcCodes.invalidRequest, "Parse error: not a JSON object")));',
  },
  {
    rule: "rpc.extra-keys",
    file: "schema/mcp.ts",
    find: "  { additionalProperties: false },\n);\nexport type JsonRpcRequest",
    replace: ");\nexport type JsonRpcRequest",
  },
  {
    rule: "rpc.method-unknown",
    file: "server/json-rpc.ts",
    find: "new JsonRpcFailure(jsonRpcCodes.methodNotFound, `Method",
    replace: "new JsonRpcFailure(jsonRpcCodes.invalidParams, `Method",
  },
  {
    rule: "rpc.response-id",
    file: "server/json-rpc.ts",
    find: "const id = request.id ?? null;",
    replace: "const id = null;",
  },
  {
    rule: "rpc.error-shape",
    file: "server/json-rpc.ts",
    find: "error: { code, message, data } };",
    replace: "error: data === null ? { code, message } : { code, message, data } };",
  },
  {
    rule: "rpc.tools-list",
    file: "server/json-rpc.ts",
    find: "    inputSchema: tool?.input_schema,",
    replace: "    input_schema: tool?.input_schema,",
  },
  {
    rule: "rpc.no-tools",
    file: "server/json-rpc.ts",
    find: "  if (toolkit.listed.length > 0) return;",
    replace: "  if (toolkit.listed.length >= 0) return;",
    peer: "bare",
  },
  {
    rule: "rpc.tools-call",
    file: "server/json-rpc.ts",
    find: "return { ...call.result, structuredContent",
    replace: "return { ...call.result, data: undefined, structuredContent",
  },
  {
    rule: "rpc.tools-call-session",
    file: "server/server.ts",
    find: "if (sessionId !== undefined) return sessions.find(sessionId, bearer).callTool(name, input);",
    replace: "",
  },
  {
    rule: "rpc.tools-call-failure",
    file: "server/json-rpc.ts",
    find: "if (!call.ok) throw new JsonRpcFailure(jsonRpcCodes.internalError, call.error.message);",
    replace:
      "if (!call.ok) return { content: [], structured_content: {}, meta: null, data: null, is_error: true, structuredContent: {}, isError: true };",
  },
  {
    rule: "rpc.socket-create",
    file: "server/server.ts",
    find: "return own === undefined ? (await sessions.open",
    replace: "return own !== null ? (await sessions.open",
  },
  {
    rule: "rpc.session-close",
    file: "server/server.ts",
    find: "? { session_id: sessionId, closed: true }",
    replace: '? { session_id: sessionId, closed: true, session: sessionId.length, ...{ closed: "yes" } }',
  },
  {
    rule: "rpc.session-type",
    file: "server/json-rpc.ts",
    find: "throw new JsonRpcFailure(jsonRpcCodes.invalidParams, \"'session_id' must be a string\");",
    replace: "return undefined;",
  },
  {
    rule: "tool.list",
    file: "server/tools.ts",
    find: "description: declaration.description, input_schema: schema",
    replace: "description: declaration.description",
  },
  {
    rule: "tool.list-pure",
    file: "server/episode.ts",
    find: "      checkAction(contract.listTools, action);\n",
    replace: "      checkAction(contract.listTools, action);\n      stepCount++;\n",
  },
  {
    rule: "tool.failure",
    file: "server/episode.ts",
    find: "error: call.ok ? null : call.error",
    replace: "error: null",
  },
  {
    rule: "tool.failure-type",
    file: "server/tools.ts",
    find: 'failure("tool_not_found",',
    replace: 'failure("execution_error",',
  },
  {
    rule: "tool.only-published",
    file: "server/contract.ts",
    find: "action === undefined ? callToolSchema : strictAction",
    replace: 'action === undefined ? { type: "object" } : strictAction',
    peer: "toolbox",
  },
  {
    rule: "tool.only-default",
    file: "server/episode.ts",
    find: 'return stepTool({ type: "call_tool", ...action }, request);',
    replace: "return stepTool({ ...action }, request);",
    peer: "toolbox",
  },
];

const sessions: readonly Mutant[] = [
  {
    rule: "session.capacity",
    file: "server/session-table.ts",
    find: "    if (entries.size >= max) {",
    replace: "    if (entries.size > max) {",
    peer: "small",
  },
  {
    rule: "ws.refuse-capacity",
    file: "server/socket-door.ts",
    find: "CAPACITY_REACHED: 1013",
    replace: "CAPACITY_REACHED: 1000",
    peer: "small",
  },
  {
    rule: "session.isolation",
    file: "server/server.ts",
    find: "environment.create === undefined ? toolsAlone : await environment.create(context);",
    replace:
      "(Reflect.get(environment.create, 'one') ?? Object.assign(environment.create, { one: await environment.create(context) }).one);",
  },
  {
    rule: "session.id-entropy",
    file: "server/session-table.ts",
    find: "const [high = 0n, low = 0n] = crypto.getRandomValues(new BigUint64Array(2));",
    replace: "const [high, low] = [0n, BigInt(Date.now())];",
  },
  {
    rule: "session.attach",
    file: "server/socket-door.ts",
    find: "session = server.sessions.attach(knock.sessionId, knock.bearer, ended);",
    replace:
      'server.sessions.attach(knock.sessionId, knock.bearer, ended);\n        session = await server.sessions.open("socket", knock.bearer);',
  },
  {
    rule: "session.attach-once",
    file: "server/session-table.ts",
    find: 'if (entry.attached) throw new ProtocolError("SESSION_ERROR", "Another socket is attached to this session");',
    replace: "",
  },
  {
    rule: "session.detach",
    file: "server/socket-door.ts",
    find: "    else server.sessions.detach(session.id);",
    replace: "    else void server.sessions.destroy(session.id);",
  },
  {
    rule: "session.bearer",
    file: "server/session-table.ts",
    find: "  if (expected === undefined) return true;",
    replace: "  if (expected !== undefined || given === undefined) return true;",
  },
  {
    rule: "session.socket-owned",
    file: "server/session-table.ts",
    find: '    if (entry.ownership === "socket") {',
    replace: "    if (entry.ownership === undefined) {",
  },
  {
    rule: "session.socket-end",
    file: "server/socket-door.ts",
    find: "if (knock.sessionId === undefined) void server.sessions.destroy(session.id);",
    replace: "if (knock.sessionId === undefined) server.sessions.detach(session.id);",
    peer: "small",
  },
  {
    rule: "rpc.session-close-attached",
    file: "server/session-table.ts",
    find: "        entry.endWhenDetached = true;\n",
    replace: "",
  },
];

const production: readonly Mutant[] = [
  {
    rule: "mode.reset",
    file: "server/session.ts",
    find: '        if (mode === "production") refuse("reset");\n',
    replace: "",
    peer: "production",
  },
  {
    rule: "mode.state",
    file: "server/session.ts",
    find: '        if (mode === "production") refuse("state");\n',
    replace: "",
    peer: "production",
  },
  {
    rule: "mode.action",
    file: "server/session.ts",
    find: '    if (!episode.isToolAction(action)) refuse("environment actions");\n',
    replace: "",
    peer: "production",
  },
  {
    rule: "mode.error-text",
    file: "server/server.ts",
    find: 'if (mode === "simulation") return messageOf;',
    replace: "if (mode !== undefined) return messageOf;",
    peer: "production",
  },
  {
    rule: "mode.http-absent",
    file: "server/http.ts",
    find: "  if (production) for (const path of simulationRoutes) delete table[path];\n",
    replace: "",
    peer: "production",
  },
];

/** At least one for each group of rules; none of them is a switch that the suite could read. */
export const mutants: readonly Mutant[] = [...messages, ...episodes, ...http, ...tools, ...sessions, ...production];

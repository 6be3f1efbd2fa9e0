// Runs submitted code, statement blocks and calls, in one lasting scope. Holds no expected value of any test.
import { Session } from "node:inspector";
import { createRequire } from "node:module";
import { inspect } from "node:util";
import { runInThisContext } from "node:vm";
import { lines, send, sendJson } from "./channel.mjs";
import { decode, encode } from "./values.mjs";

const { stringify } = JSON;
const session = new Session();
session.connect();

globalThis[Symbol.for("openenv.print")] = (value) => process.stdout.write(`${inspect(value)}\n`);
globalThis.require = createRequire(`${process.cwd()}/`);
globalThis.module = { exports: {} };
globalThis.exports = globalThis.module.exports;

// Else output that the socket cannot take at once would come after the step's reply, or be lost at an exit.
for (const stream of [process.stdout, process.stderr]) stream._handle?.setBlocking?.(true);

const exitNow = process.reallyExit.bind(process);
let current;
// Told before the end: the code alone could be any program's.
process.on("exit", (code) => {
  if (current !== undefined) sendJson({ id: current, exit_code: code, exited: true, error: "exit" });
  exitNow(code);
});
process.on("uncaughtException", (error) => report(describe(error)));
process.on("unhandledRejection", (reason) => report(describe(reason)));

for await (const line of lines()) {
  const request = decode(line);
  current = request.id;
  const reply = request.op === "call" ? await call(request) : await run(request);
  current = undefined;
  send(reply);
}
exitNow(0);

async function call({ id, name, args }) {
  try {
    const value = await runInThisContext(name)(...args);
    return `{"id":${stringify(id)},"value":${encode(value)}}`;
  } catch (error) {
    return stringify({ id, error: describe(error) });
  }
}

async function run({ id, code, show }) {
  // The mode of a debugger's console: `await` at top level, and `const` and `let` that last and can be declared again.
  const options = { expression: code, replMode: true, awaitPromise: true, userGesture: false };
  const { result, exceptionDetails } = await evaluate(options);
  if (exceptionDetails === undefined) {
    if (show) await print(result);
    return stringify({ id, exit_code: 0 });
  }
  const text = exceptionText(exceptionDetails);
  report(text);
  return stringify({ id, exit_code: 1, limit: limitOf(text), error: "exception" });
}

function evaluate(options) {
  return new Promise((resolve, reject) => {
    session.post("Runtime.evaluate", options, (error, reply) => (error ? reject(error) : resolve(reply)));
  });
}

function print(result) {
  if (result.type === "undefined") return undefined;
  if (result.objectId === undefined) {
    const text = result.type === "string" ? inspect(result.value) : (result.description ?? String(result.value));
    process.stdout.write(`${text}\n`);
    return undefined;
  }
  const functionDeclaration = "function (print) { print(this) }";
  return printObject(result.objectId, functionDeclaration);
}

async function printObject(objectId, functionDeclaration) {
  const printer = await evaluate({ expression: "globalThis[Symbol.for('openenv.print')]" });
  const options = { objectId, functionDeclaration, arguments: [{ objectId: printer.result.objectId }] };
  return new Promise((resolve) => session.post("Runtime.callFunctionOn", options, resolve));
}

function exceptionText({ exception, text }) {
  if (exception === undefined) return text;
  if (exception.description !== undefined) return withoutOwnFrames(exception.description);
  return `${text} ${exception.type === "string" ? inspect(exception.value) : String(exception.value)}`;
}

function describe(error) {
  try {
    return withoutOwnFrames(error instanceof Error ? String(error.stack) : inspect(error));
  } catch {
    return "an exception that cannot be shown";
  }
}

function withoutOwnFrames(stack) {
  const isOwn = (line) =>
    /^\s+at /.test(line) && /node:inspector|node:internal|interpreter\.mjs|new Promise \(<anonymous>\)/.test(line);
  return stack
    .split("\n")
    .filter((line) => !isOwn(line))
    .join("\n");
}

function report(text) {
  process.stderr.write(`${text}\n`);
}

function limitOf(text) {
  if (/Array buffer allocation failed|Failed to allocate memory|ERR_MEMORY_ALLOCATION_FAILED/.test(text))
    return "memory";
  if (/\b(EFBIG|ENOSPC)\b/.test(text)) return "files";
  if (/\bEAGAIN\b/.test(text)) return "processes";
  return null;
}

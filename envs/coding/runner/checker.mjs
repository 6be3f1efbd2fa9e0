// Runs one test that is code. Never runs submitted code: `candidate` asks the server, which asks the other process.
import assert from "node:assert/strict";
import { lines, send, sendJson } from "./channel.mjs";
import { decode, encode } from "./values.mjs";

const requests = lines();
const { id, code } = JSON.parse((await requests.next()).value);
// Calls are answered in order, so that two that run at once do not take each other's answers.
let turn = Promise.resolve();

function candidate(...args) {
  const answer = turn.then(() => ask(args));
  turn = answer.catch(() => undefined);
  return answer;
}

async function ask(args) {
  send(`{"id":${JSON.stringify(id)},"args":${encode(args)}}`);
  const reply = decode((await requests.next()).value);
  if (reply.error !== undefined) throw new Error(reply.error);
  return reply.value;
}

let passed = false;
try {
  const { check } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
  await check(candidate, assert);
  passed = true;
} catch (error) {
  process.stderr.write(`${error}\n`);
}
sendJson({ id, passed });
process.exit();

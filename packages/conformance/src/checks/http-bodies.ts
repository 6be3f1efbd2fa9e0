import { checksOf } from "../check.ts";
import { expectThat } from "../expect.ts";
import { isObject, type Json, show } from "../json.ts";
import type { Server } from "../server.ts";
import { expectEqual, notApplicable, Violation } from "../verdict.ts";
import type { HttpRequest } from "../wire/http.ts";
import {
  answered,
  ask,
  describeRequest,
  expectFindings,
  inSession,
  locOf,
  newSession,
  post,
  postText,
  resetRequest,
  steppable,
} from "./requests.ts";

const requirement = checksOf("simulation-http");

/** What a server takes unless its operator set another limit, in bytes. */
const acceptedBytes = 16 * 2 ** 20;
/** No larger body is tried: a server may have a higher limit, or none. */
const largestBytes = 64 * 2 ** 20;

/** A reset whose body is this long: white space that means nothing makes it so. */
function paddedReset(server: Server, bytes: number): HttpRequest {
  const text = JSON.stringify(server.actions.script.reset ?? {});
  return postText("/reset", text.slice(0, -1).padEnd(bytes - 1) + text.slice(-1));
}

/** Bodies that their schema refuses. */
const mismatches: readonly (readonly [path: string, json: Json])[] = [
  ["/reset", { seed: "seven" }],
  ["/reset", { seed: 1.5 }],
  ["/reset", { seed: [7] }],
  ["/reset", { episode_id: 7 }],
  ["/reset", { episode_id: ["a"] }],
  ["/step", {}],
  ["/step", { action: null }],
  ["/step", { action: 7 }],
  ["/step", { action: {}, timeout_s: "soon" }],
  ["/step", { action: {}, timeout_s: [] }],
  ["/step", { action: {}, request_id: { id: 1 } }],
];

interface KnownError {
  asked: HttpRequest;
  code: string;
  status: number;
}

/** Requests whose errors stand in the table of codes. */
function knownErrors({ actions }: Server): readonly KnownError[] {
  const invalidJson = { code: "INVALID_JSON", status: 422 };
  const validation = { code: "VALIDATION_ERROR", status: 422 };
  const session = { code: "SESSION_ERROR", status: 404 };
  const errors: KnownError[] = [
    { asked: postText("/reset", "{"), ...invalidJson },
    { asked: postText("/step", "not json"), ...invalidJson },
    { asked: post("/reset", [1]), ...validation },
    { asked: post("/step", {}), ...validation },
    { asked: post("/reset", {}, inSession("no-such-session")), ...session },
    { asked: { path: "/state", headers: inSession("no-such-session") }, ...session },
  ];
  const { raises, reset } = actions.script;
  if (raises !== undefined && reset === undefined)
    errors.push({ asked: post("/step", { action: raises }), code: "EXECUTION_ERROR", status: 500 });
  return errors;
}

/** A server that answers and hangs up on what it will not read may not be heard at once: the writer fails first. */
const attempts = 10;

async function largeStatus(server: Server, bytes: number): Promise<number> {
  const end = Date.now() + server.deadlineMs;
  for (let attempt = 1; ; attempt++) {
    try {
      return (await ask(server, paddedReset(server, bytes))).status;
    } catch (error) {
      if (!(error instanceof Violation) || attempt === attempts || Date.now() > end) throw error;
    }
  }
}

async function expectInvalidJson(server: Server, asked: HttpRequest, sent: string): Promise<void> {
  const findings = await expectFindings(server, asked);
  expectThat(
    findings.some(({ type }) => type === "json_invalid"),
    `POST ${asked.path} ${sent}: expected a finding of type json_invalid, got ${show(findings)}`,
  );
}

/** How bodies are read. */
export const httpBodyChecks = [
  requirement("http.body-type", async (server) => {
    const { json } = resetRequest(server);
    const body = JSON.stringify(json);
    for (const type of ["application/json; charset=utf-8", "Application/JSON", "application/problem+json;v=1"])
      await answered(server, postText("/reset", body, { "content-type": type }), 200);
    const foreign = ["text/plain", "text/plain; x=application/json", "application/x-www-form-urlencoded"];
    for (const type of [
      ...foreign,
      "application/jsonp",
      "application/octet-stream",
      "multipart/form-data; boundary=x",
    ]) {
      const headers = { "content-type": type };
      await answered(server, postText("/reset", body, headers), 422);
      const action = await server.actions.valid();
      await answered(server, postText("/step", JSON.stringify({ action }), headers), 422);
    }
  }),
  requirement("http.body-untyped", async (server) => {
    const { json } = resetRequest(server);
    await answered(server, { method: "POST", path: "/reset", body: JSON.stringify(json) }, 200);
    for (const body of ["[]", '{"seed":-1}', '{"episode_id":7}'])
      await answered(server, { method: "POST", path: "/reset", body }, 422);
  }),
  requirement("http.body-utf8", async (server) => {
    const episode = "Überraschung-猜-🎲";
    const id = await newSession(server);
    for (const charset of ["utf-8", "iso-8859-1", "us-ascii", "utf-16", "no-such-charset"]) {
      const headers = { "content-type": `application/json; charset=${charset}` };
      const body = JSON.stringify({ ...server.actions.script.reset, episode_id: episode });
      await answered(server, postText("/reset", body, { ...headers, ...inSession(id) }), 200);
      const { json } = await answered(server, { path: "/state", headers: inSession(id) }, 200);
      const told = isObject(json) ? json.episode_id : undefined;
      expectEqual(`the episode_id sent as UTF-8 with charset=${charset}`, told, episode);
    }
  }),
  requirement("http.body-not-utf8", async (server) => {
    const bytes = (hex: string): Buffer =>
      Buffer.concat([Buffer.from('{"episode_id":"'), Buffer.from(hex, "hex"), Buffer.from('"}')]);
    const utf16 = Buffer.concat([Buffer.from("fffe", "hex"), Buffer.from("{}", "utf16le")]);
    // A lone byte, Latin-1, an overlong slash, half a surrogate pair, a text cut off within a character.
    for (const body of [bytes("ff"), bytes("e9"), bytes("c0af"), bytes("eda080"), bytes("f09f8e"), utf16])
      await expectInvalidJson(server, postText("/reset", body), body.toString("hex"));
  }),
  requirement("http.body-limit", async (server) => {
    const { messageLimitBytes } = server.actions.script;
    await answered(server, paddedReset(server, Math.min(1000, messageLimitBytes ?? acceptedBytes)), 200);
    if (messageLimitBytes !== undefined) {
      const bytes = messageLimitBytes + 1;
      expectEqual(`the status for a body of ${bytes} bytes`, await largeStatus(server, bytes), 413);
      return;
    }
    for (const bytes of [acceptedBytes + 1, largestBytes]) {
      const status = await largeStatus(server, bytes);
      if (status === 413) return;
      expectThat(
        status === 200,
        `a body of ${bytes} bytes: expected status 413, or 200 if the limit is higher, got ${status}`,
      );
    }
    notApplicable(`the server takes ${largestBytes} bytes; shown by one with a lower limit, or with the default one`);
  }),
  requirement("http.body-accept", async (server) => {
    if (server.actions.script.messageLimitBytes !== undefined)
      notApplicable("the operator set a limit, which `messageLimitBytes` of the script tells");
    for (const bytes of [2 ** 20, acceptedBytes]) {
      const { status } = await ask(server, paddedReset(server, bytes));
      expectThat(
        status === 200,
        `a body of ${bytes} bytes: expected status 200 unless the operator set a lower limit, got ${status}`,
      );
    }
  }),
  requirement("http.unknown-keys", async (server) => {
    for (const unknown of [{ conformance: 1 }, { Seed: "x", timeout: [] }, { session_id: "none", type: "close" }]) {
      await answered(server, resetRequest(server, unknown), 200);
      const action = await server.actions.valid();
      const asked = post("/step", { action, ...unknown }, await steppable(server));
      const { status } = await ask(server, asked);
      if (server.actions.isGuess(action) && status === 500) continue;
      expectThat(status === 200, `${describeRequest(asked)}: expected status 200, got ${status}`);
    }
  }),
  requirement("http.error-status", async (server) => {
    for (const { asked, status: expected } of knownErrors(server)) {
      const { status } = await ask(server, asked);
      // That it is an error at all is for other requirements.
      expectThat(
        status < 400 || status === expected,
        `${describeRequest(asked)}: expected status ${expected}, got ${status}`,
      );
    }
  }),
  requirement("http.error-code", async (server) => {
    for (const { asked, code } of knownErrors(server)) {
      const { status, json } = await ask(server, asked);
      if (status < 400) continue;
      expectEqual(`\`code\` in the answer to ${describeRequest(asked)}`, isObject(json) ? json.code : undefined, code);
    }
  }),
  requirement("http.invalid-json", async (server) => {
    const broken = ["not json", "{", '{"seed":', "{'seed':1}", "[1,]", "{} {}", '{"a":1}x', '"', "nul", "\u0000"];
    for (const path of ["/reset", "/step"])
      for (const body of broken) await expectInvalidJson(server, postText(path, body), body);
  }),
  requirement("http.findings", async (server) => {
    for (const [path, json] of mismatches) await expectFindings(server, post(path, json));
  }),
  requirement("http.findings-body", async (server) => {
    for (const [path, json] of mismatches) {
      const asked = post(path, json);
      for (const finding of await expectFindings(server, asked))
        expectThat(
          locOf(finding)[0] === "body",
          `${describeRequest(asked)}: expected a loc that begins with "body", got ${show(finding)}`,
        );
    }
  }),
  requirement("http.findings-action", async (server) => {
    // That `metadata` is an object the schema of the request says too: then it is a finding about the body.
    const [invalid] = (await server.actions.invalids()).filter(({ metadata = {} }) => isObject(metadata));
    if (invalid === undefined) return notApplicable("every object is an action here");
    const { properties } = server.facts.schemas.action;
    const keys = new Set([...Object.keys(invalid), ...(isObject(properties) ? Object.keys(properties) : [])]);
    const asked = post("/step", { action: invalid }, await steppable(server));
    for (const finding of await expectFindings(server, asked)) {
      const [first] = locOf(finding);
      const outside = (first === "body" || first === "action") && !keys.has(first);
      expectThat(
        !outside,
        `${describeRequest(asked)}: expected a loc that begins within the action, got ${show(finding)}`,
      );
    }
  }),
];

import { checksOf } from "../check.ts";
import { expectObject, expectThat } from "../expect.ts";
import { isObject, type Json, type JsonObject, show } from "../json.ts";
import { notApplicable } from "../verdict.ts";
import type { HttpRequest } from "../wire/http.ts";
import {
  answered,
  ask,
  describeRequest,
  expectFindings,
  expectOutcome,
  type Headers,
  inSession,
  locOf,
  post,
  postText,
  resetRequest,
  steppable,
  toldSession,
} from "./requests.ts";

const requirement = checksOf("simulation-http");

/** Far below what the actions and calls of a script take that are called slow, in seconds. */
const shortTimeoutS = 0.05;

const noActions: readonly Json[] = [
  {},
  [],
  null,
  "action",
  7,
  { action: null },
  { action: [] },
  { action: "count" },
  { action: 1 },
  { Action: {} },
  { data: {} },
];

/** Resets, steps and states over HTTP. */
export const httpSimulationChecks = [
  requirement("http.reset-answer", async (server) => {
    const options = [{}, { seed: 0 }, { seed: 42, episode_id: "conformance" }, { seed: 2 ** 53 - 1 }];
    for (const each of [...options, { seed: null, episode_id: null }]) {
      const asked = resetRequest(server, each);
      expectOutcome(describeRequest(asked), await answered(server, asked, 200));
    }
  }),
  requirement("http.reset-empty", async (server) => {
    const bodies: readonly HttpRequest[] = [
      postText("/reset", "{}"),
      postText("/reset", "null"),
      postText("/reset", ""),
      { method: "POST", path: "/reset" },
      postText("/reset", " { } "),
    ];
    // Where every reset needs options, those without any fail alike.
    const expected = server.actions.script.reset === undefined ? 200 : (await ask(server, post("/reset", {}))).status;
    for (const asked of bodies) await answered(server, asked, expected);
  }),
  requirement("http.reset-not-object", async (server) => {
    for (const body of ["[]", '[{"seed":1}]', '"seed"', '""', "7", "0", "true", "false"])
      await answered(server, postText("/reset", body), 422);
  }),
  requirement("http.reset-seed", async (server) => {
    for (const seed of [-1, -42, -(2 ** 31), -(2 ** 53 - 1)])
      await answered(server, resetRequest(server, { seed }), 422);
  }),
  requirement("http.reset-seed-unsafe", async (server) => {
    for (const seed of ["9007199254740992", "9007199254740993", "18446744073709551616", "1e30"]) {
      const findings = await expectFindings(server, postText("/reset", `{"seed":${seed}}`));
      expectThat(
        findings.some((finding) => locOf(finding).includes("seed")),
        `the seed ${seed}: expected a finding that names \`seed\`, got ${show(findings)}`,
      );
    }
  }),
  requirement("http.step-answer", async (server) => {
    const action = await server.actions.valid();
    const asked = post("/step", { action, timeout_s: null, request_id: null }, await steppable(server));
    const answer = await ask(server, asked);
    if (answer.status === 500 && server.actions.isGuess(action))
      notApplicable("the environment failed on an action made from its schema; give one with --actions");
    const full = await answered(server, { ...asked, json: { action, timeout_s: 60, request_id: "r" } }, 200);
    for (const each of [answer, full]) {
      expectThat(each.status === 200, `${describeRequest(asked)}: expected status 200, got ${each.status}`);
      expectOutcome(describeRequest(asked), each);
    }
  }),
  requirement("http.step-action", async (server) => {
    for (const json of noActions) await answered(server, post("/step", json), 422);
    await answered(server, { method: "POST", path: "/step" }, 422);
  }),
  requirement("http.step-timeout", async (server) => {
    const action = server.actions.scripted("slow");
    const asked = post("/step", { action, timeout_s: shortTimeoutS }, await steppable(server));
    const { json } = await answered(server, asked, 500);
    const code = isObject(json) ? json.code : undefined;
    expectThat(code === "EXECUTION_ERROR", `${describeRequest(asked)}: expected EXECUTION_ERROR, got ${show(json)}`);
  }),
  requirement("http.step-timeout-tool", async (server) => {
    const { name, arguments: input } = server.actions.scripted("callSlow");
    const action = { type: "call_tool", tool_name: name, arguments: input };
    const asked = post("/step", { action, timeout_s: shortTimeoutS }, await steppable(server));
    const { observation } = expectOutcome(describeRequest(asked), await answered(server, asked, 200));
    const error = isObject(observation) ? observation.error : undefined;
    expectThat(
      isObject(error) && error.error_type === "timeout",
      `${describeRequest(asked)}: expected an observation whose error is a timeout, got ${show(observation)}`,
    );
  }),
  requirement("http.step-timeout-range", async (server) => {
    const action = await server.actions.valid();
    const headers = await steppable(server);
    for (const timeout_s of [0, -0.001, -1, -3600])
      await answered(server, post("/step", { action, timeout_s }, headers), 422);
  }),
  requirement("http.step-request-id", async (server) => {
    const action = await server.actions.valid();
    const headers = await steppable(server);
    const { status } = await ask(server, post("/step", { action, request_id: "r".repeat(255) }, headers));
    expectThat(status !== 422, "expected a request_id of 255 characters to be taken, got status 422");
    for (const length of [256, 10_000])
      await answered(server, post("/step", { action, request_id: "r".repeat(length) }, headers), 422);
  }),
  requirement("http.state-answer", async (server) => {
    const expectState = async (headers: Headers): Promise<JsonObject> => {
      const asked = { path: "/state", headers };
      const state = expectObject(describeRequest(asked), (await answered(server, asked, 200)).json);
      for (const key of ["episode_id", "step_count"])
        expectThat(key in state, `${describeRequest(asked)}: expected the key ${key}, got ${show(state)}`);
      return state;
    };
    await expectState({});
    const told = toldSession(await answered(server, resetRequest(server, {}, inSession("new")), 200));
    // Whether resets come to sessions is for checks of their own.
    if (told === undefined) return;
    const state = await expectState(inSession(told));
    const { required } = server.facts.schemas.state;
    for (const key of Array.isArray(required) ? required : [])
      expectThat(
        String(key) in state,
        `GET /state: expected the key ${key} of the environment's own, as its schema tells, got ${show(state)}`,
      );
  }),
];

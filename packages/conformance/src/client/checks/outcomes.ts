import { expectThat } from "../../expect.ts";
import { isObject, type Json, type JsonObject, show } from "../../json.ts";
import { expectEqual, notApplicable } from "../../verdict.ts";
import { type Client, callTool, requirement, reset, step } from "../client.ts";
import { observation } from "../right-answers.ts";

/** What the client makes of an outcome with this `data`, as that of a reset and as that of a step. */
async function taken(client: Client, data: JsonObject): Promise<readonly JsonObject[]> {
  const server = await client.serve({
    onMessage: ({ type }) => (type === "reset" || type === "step" ? observation(data) : undefined),
  });
  await client.connect(server);
  return [await client.do(reset()), await client.do(step())];
}

async function expectOutcome(
  client: Client,
  data: JsonObject,
  expected: { reward: Json; done: boolean },
): Promise<void> {
  for (const { reward, done } of await taken(client, data)) {
    expectEqual(`the reward of ${show(data)}`, reward, expected.reward);
    expectEqual(`done of ${show(data)}`, done, expected.done);
  }
}

/** What a client makes of the outcomes that a server sends. */
export const outcomeChecks = [
  requirement("episode.metadata-accept", async (client) => {
    const metadata = { note: "told apart", warnings: ["the option x is unknown"], deep: { list: [1, null] } };
    for (const data of [
      { observation: { seen: 1 }, reward: 0.5, done: false, metadata },
      { observation: { seen: 1, metadata }, reward: 0.5, done: false },
      { observation: { seen: 1, metadata }, reward: 0.5, done: false, metadata: { other: true } },
      { observation: { seen: 1, metadata: {} }, reward: 0.5, done: false, metadata: {} },
    ]) {
      for (const outcome of await taken(client, data)) {
        const { observation } = outcome;
        expectThat(
          JSON.stringify(observation).includes('"seen"'),
          `the observation of ${show(data)} was taken as ${show(observation)}`,
        );
        expectEqual(`the reward of ${show(data)}`, outcome.reward, 0.5);
      }
    }
  }),
  requirement("episode.outcome-tolerance", async (client) => {
    await expectOutcome(client, { observation: {} }, { reward: null, done: false });
    await expectOutcome(client, { observation: {}, reward: 0.5 }, { reward: 0.5, done: false });
    await expectOutcome(client, { observation: {}, done: true }, { reward: null, done: true });
  }),
  requirement("episode.reward-null", async (client) => {
    for (const done of [false, true])
      await expectOutcome(client, { observation: {}, reward: null, done }, { reward: null, done });
    await expectOutcome(client, { observation: {}, reward: 0, done: false }, { reward: 0, done: false });
  }),
  requirement("episode.reward-boolean", async (client) => {
    await expectOutcome(client, { observation: {}, reward: true, done: false }, { reward: 1, done: false });
    await expectOutcome(client, { observation: {}, reward: false, done: true }, { reward: 0, done: true });
  }),
  requirement("tool.transport-error", async (client) => {
    const error = { error_type: "transport_error", message: "the bridge is down" };
    const failed = { tool_name: "add", result: null, error };
    const server = await client.serve({
      onMessage: ({ data }) =>
        isObject(data) && data.type === "call_tool"
          ? observation({ observation: failed, reward: null, done: false })
          : undefined,
    });
    await client.connect(server);
    await client.do(reset());
    const called = await client.do(callTool);
    if (
      !server.sockets.some(({ messages }) =>
        messages.some(({ type, data }) => type === "step" && isObject(data) && data.type === "call_tool"),
      )
    )
      notApplicable("the client calls tools by JSON-RPC, where there is no error_type");
    expectEqual("the type of the error", isObject(called.error) ? called.error.type : null, "transport_error");
    await client.do(step());
  }),
];

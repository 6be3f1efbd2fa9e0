import { describe, expect, test } from "vitest";
import { configuredEndpoint, modelAgent } from "../src/model-agent.ts";
import { openArena } from "./arena.ts";
import { completion, fakeEndpoint } from "./model-endpoint.ts";

const up = completion('{"add": 1}');

describe("a model as a policy", () => {
  test("is asked as OpenAI's endpoint is, with the schema and every observation", async () => {
    await using arena = await openArena();
    await using endpoint = await fakeEndpoint(() => up);
    const agent = modelAgent({ baseUrl: endpoint.baseUrl, apiKey: "secret", model: "tiny" });
    const [record] = await arena.play({ agent, seed: 2 });
    expect(record).toMatchObject({ agent: "tiny", reward: 1, end: "done" });
    expect(endpoint.requests).toMatchObject([
      {
        method: "POST",
        path: "/v1/chat/completions",
        headers: { authorization: "Bearer secret", "content-type": "application/json" },
        body: {
          model: "tiny",
          messages: [
            { role: "system", content: expect.stringMatching(/JSON Schema:\n\{.*"add"/) },
            { role: "user", content: '{"observation":{"count":0,"target":2},"reward":null,"done":false}' },
          ],
        },
      },
      {
        body: {
          messages: [
            { role: "system" },
            { role: "user" },
            { role: "assistant", content: '{"add": 1}' },
            { role: "user", content: '{"observation":{"count":1,"target":2},"reward":0,"done":false}' },
          ],
        },
      },
    ]);
  });

  test.each([
    ["fenced", '```json\n{"add": 1}\n```'],
    ["fenced without a language, amid talk", 'The set {count, target} says:\n```\n{"add": 1}\n```\nDone {really}.'],
    ["amid talk", 'I add one: {"add": 1}. That is all.'],
    ["after thoughts", '<think>Is {"add": 9} too much?</think>{"add": 1}'],
  ])("may answer %s", async (_, answer) => {
    await using arena = await openArena();
    await using endpoint = await fakeEndpoint(() => completion(answer));
    const [record] = await arena.play({ agent: modelAgent({ ...endpoint, apiKey: "k", model: "tiny" }), seed: 1 });
    expect(record).toMatchObject({ steps: [{ action: { add: 1 } }], end: "done" });
  });

  test.each([
    ["no action", completion("I would rather not."), /holds no JSON action: I would rather not\./],
    ["broken JSON", completion('{"add": '), /holds no JSON action/],
    ["an error", { status: 429, body: '{"error":{"message":"slow down"}}' }, /answered 429: .*slow down/],
    ["something else than JSON", { body: "<html>" }, /without a message/],
    ["no choice", { body: '{"choices":[]}' }, /without a message/],
  ])("that answers with %s fails its episode, and only that", async (_, answer, message) => {
    await using arena = await openArena();
    await using endpoint = await fakeEndpoint(({ body }) => (body.model === "tiny" ? answer : up));
    const agent = modelAgent({ ...endpoint, apiKey: "k", model: "tiny" });
    const records = await arena.play({ agent, tasks: [undefined, undefined] });
    expect(records.map(({ error }) => error?.code)).toEqual(["agent", "agent"]);
    expect(records[0]?.error?.message).toMatch(message);
  });

  test("that is not there says why", async () => {
    await using arena = await openArena();
    const endpoint = await fakeEndpoint(() => up);
    await endpoint[Symbol.asyncDispose]();
    const [record] = await arena.play({ agent: modelAgent({ ...endpoint, apiKey: "k", model: "tiny" }) });
    expect(record?.error?.message).toMatch(/^the model endpoint http:\S+\/v1 gave no answer: .*ECONNREFUSED/);
  });

  test("that never answers is left when the run is aborted", async () => {
    await using arena = await openArena();
    const asked = Promise.withResolvers<void>();
    await using endpoint = await fakeEndpoint(() => {
      asked.resolve();
      return undefined;
    });
    const controller = new AbortController();
    const agent = modelAgent({ ...endpoint, apiKey: "k", model: "tiny" });
    const run = arena.play({ agent, signal: controller.signal });
    await asked.promise;
    controller.abort(new Error("enough"));
    await expect(run).rejects.toThrow("enough");
  });
});

test.each([
  [{}, undefined],
  [{ OPENAI_BASE_URL: "http://m/v1" }, undefined],
  [{ OPENAI_BASE_URL: "", OPENENV_MODEL: "tiny" }, undefined],
  [
    { OPENAI_BASE_URL: "http://m/v1/", OPENENV_MODEL: "tiny" },
    { baseUrl: "http://m/v1", apiKey: "not-needed", model: "tiny" },
  ],
  [
    { OPENAI_BASE_URL: "http://m/v1", OPENENV_MODEL: "tiny", OPENAI_API_KEY: "secret" },
    { baseUrl: "http://m/v1", apiKey: "secret", model: "tiny" },
  ],
])("the variables %j name the endpoint %j", (variables, endpoint) => {
  expect(configuredEndpoint(variables)).toEqual(endpoint);
});

import { describe, expect, test } from "vitest";
import { type Actions, compileSchema, createActions } from "../src/actions.ts";
import type { Facts } from "../src/facts.ts";
import type { JsonObject } from "../src/json.ts";
import { parseScript, type Script } from "../src/script.ts";
import { NotApplicable } from "../src/verdict.ts";

const guess: JsonObject = {
  type: "object",
  required: ["guess"],
  properties: { guess: { type: "integer", minimum: 1, maximum: 100 }, note: { type: "string" } },
  additionalProperties: false,
};
const add = {
  name: "add",
  inputSchema: {
    type: "object",
    required: ["a", "b"],
    properties: { a: { type: "integer" }, b: { type: "integer" } },
    additionalProperties: false,
  },
};

function actionsOf(facts: Partial<Facts> & { action?: JsonObject }, script: Script = {}, seed = 1): Actions {
  const { action = guess, ...rest } = facts;
  const complete: Facts = {
    mode: "simulation",
    profiles: new Set(["core"]),
    tools: undefined,
    ownActions: true,
    schemas: { action, observation: {}, state: {}, resetObservation: {} },
    maxSessions: undefined,
    openBefore: undefined,
    ...rest,
  };
  return createActions(complete, script, seed);
}

const toolsOnly = { ownActions: false, tools: [add], action: { type: "object" } };

async function draw(actions: Actions, count: number): Promise<JsonObject[]> {
  const drawn: JsonObject[] = [];
  while (drawn.length < count) drawn.push(await actions.valid());
  return drawn;
}

const schemas: readonly (readonly [string, JsonObject])[] = [
  ["an object with a bounded integer", guess],
  ["alternatives", { anyOf: [guess, { type: "object", required: ["pass"], properties: { pass: { const: true } } }] }],
  [
    "references",
    {
      $defs: { move: { enum: ["left", "right"] } },
      type: "object",
      required: ["move"],
      properties: { move: { $ref: "#/$defs/move" } },
    },
  ],
  [
    "nested arrays",
    {
      type: "object",
      required: ["cells"],
      properties: { cells: { type: "array", minItems: 2, items: { type: "array", items: { type: "boolean" } } } },
    },
  ],
  ["an id of its own", { $id: "https://example.org/action", ...guess }],
];

describe("generated actions", () => {
  test.each(schemas)("of %s match the schema", async (_, action) => {
    const matches = compileSchema(action);
    for (const drawn of await draw(actionsOf({ action }), 10)) expect(matches(drawn), JSON.stringify(drawn)).toBe(true);
  });

  test.each(schemas)("of %s, made wrong, do not match it", async (_, action) => {
    const matches = compileSchema(action);
    const invalids = await actionsOf({ action }).invalids();
    expect(invalids.length).toBeGreaterThan(0);
    for (const invalid of invalids) expect(matches(invalid), JSON.stringify(invalid)).toBe(false);
  });

  test("made wrong, are wrong in several ways: nothing there, a key too many, values of other types", async () => {
    const invalids = await actionsOf({}, { valid: [{ guess: 7 }] }).invalids();
    expect(invalids).toEqual(
      expect.arrayContaining([{}, { guess: 7, "an unknown key": 1 }, { guess: "1" }, { guess: null }, { guess: true }]),
    );
  });

  test("are the same for the same seed, and others for another", async () => {
    const [first, again, other] = [actionsOf({}, {}, 3), actionsOf({}, {}, 3), actionsOf({}, {}, 400)];
    const drawn = await draw(first, 5);
    expect(await draw(again, 5)).toEqual(drawn);
    expect(await draw(other, 5)).not.toEqual(drawn);
  });

  test("differ from one another", async () => {
    const drawn = await draw(actionsOf({}), 5);
    expect(new Set(drawn.map((action) => JSON.stringify(action))).size).toBeGreaterThan(1);
  });

  test("are calls where the environment has tools alone", async () => {
    const actions = actionsOf(toolsOnly);
    const action = await actions.valid();
    expect(action).toMatchObject({ type: "call_tool", tool_name: "add" });
    expect(compileSchema(add.inputSchema)(action.arguments)).toBe(true);
    expect(actions.isGuess(action)).toBe(true);
  });

  test("have arguments that do not match where they are asked for", async () => {
    const { name, arguments: input } = await actionsOf(toolsOnly).callInvalid();
    expect(name).toBe("add");
    expect(compileSchema(add.inputSchema)(input)).toBe(false);
  });
});

describe("scripted actions", () => {
  const script: Script = {
    valid: [{ guess: 1 }, { guess: 2 }],
    invalid: { guess: 0 },
    call: { name: "add", arguments: { a: 1, b: 2 } },
    callInvalid: { name: "add", arguments: {} },
    finishes: { guess: 50 },
  };

  test("are taken in their order and again from the start", async () => {
    const actions = actionsOf({}, script);
    const drawn = await draw(actions, 3);
    expect(drawn).toEqual([{ guess: 1 }, { guess: 2 }, { guess: 1 }]);
    expect(drawn.map(actions.isGuess)).toEqual([false, false, false]);
  });

  test("are taken before any that could be generated", async () => {
    const actions = actionsOf({ tools: [add] }, script);
    expect(await actions.invalid()).toEqual(script.invalid);
    expect(await actions.invalids()).toContainEqual(script.invalid);
    expect(await actions.call()).toEqual(script.call);
    expect(await actions.callInvalid()).toEqual(script.callInvalid);
    expect(actions.scripted("finishes")).toEqual(script.finishes);
  });
});

test.each<readonly [string, (actions: Actions) => Promise<unknown>, Actions, RegExp]>([
  ["an entry that the script lacks", async (actions) => actions.scripted("raises"), actionsOf({}), /`raises`/],
  ["a call without tools", (actions) => actions.call(), actionsOf({}), /no tools/],
  ["a wrong call without tools", (actions) => actions.callInvalid(), actionsOf({}), /no tool that would refuse/],
  [
    "a wrong action where all objects are actions",
    (actions) => actions.invalid(),
    actionsOf({ action: {} }),
    /every object is an action/,
  ],
  [
    "wrong arguments where all objects are arguments",
    (actions) => actions.callInvalid(),
    actionsOf({ ...toolsOnly, tools: [{ name: "log", inputSchema: {} }] }),
    /no tool that would refuse/,
  ],
  [
    "an action where none can match",
    (actions) => actions.valid(),
    actionsOf({ action: { type: "object", required: ["a"], properties: { a: false } } }),
    /no action could be generated .* --actions/,
  ],
  [
    "an action where the schema is none",
    (actions) => actions.valid(),
    actionsOf({ action: { type: "no such type" } }),
    /no JSON Schema of draft 2020-12/,
  ],
])("%s is not applicable", async (_, ask, actions, message) => {
  const refused = ask(actions);
  await expect(refused).rejects.toThrow(NotApplicable);
  await expect(refused).rejects.toThrow(message);
});

describe("an actions file", () => {
  test("is read as YAML", () => {
    const text = "valid:\n  - guess: 1\nraisesText: broken\ncall: { name: add, arguments: { a: 1 } }\n";
    expect(parseScript(text)).toEqual({
      valid: [{ guess: 1 }],
      raisesText: "broken",
      call: { name: "add", arguments: { a: 1 } },
    });
  });

  test("is read as JSON", () => {
    const script = { serverReset: { name: "bump", arguments: {}, data: [6] }, serverResetFails: false };
    expect(parseScript(JSON.stringify(script))).toEqual(script);
  });

  test.each([
    ["an entry of another type", "finishes: 7", /finishes must be object/],
    ["a part of an entry of another type", "call: { name: 7, arguments: {} }", /call\/name must be string/],
    ["a part that is missing", "callSlow: { name: wait }", /callSlow must have required property 'arguments'/],
    ["a part that an entry does not have", "call: { name: add, arguments: {}, data: 1 }", /no entry data/],
    ["an empty list", "valid: []", /valid must NOT have fewer than 1 items/],
    ["an item of another type", "valid: [{}, 1]", /valid\/1 must be object/],
    ["an unknown entry, with those that there are", "finish: {}", /no entry finish; it has reset, .*finishes/],
    ["a list in place of the object", "- guess: 1", /must hold an object/],
    ["an empty file", "", /must hold an object/],
  ])("with %s is refused by its name", (_, text, message) => {
    expect(() => parseScript(text)).toThrow(message);
  });
});

import type { ListedTool, State } from "@openenv/schema";
import { createServer, defineEnvironment } from "@openenv/server";
import Type from "typebox";
import { expect, expectTypeOf, test } from "vitest";
import { type Client, connect, type Outcome, type ToolOutcome } from "../src/index.ts";
import { adder, echo } from "./environments.ts";

test("an environment types the client's actions and observations", async () => {
  await using server = await createServer(adder);
  await using client = await connect(server, { environment: adder });
  expectTypeOf(client).toEqualTypeOf<Client<{ add: number }, { sum: number; draw: number }>>();
  expectTypeOf(client.step).parameter(0).toEqualTypeOf<{ add: number }>();
  expectTypeOf(client.step).returns.resolves.toEqualTypeOf<Outcome<{ sum: number; draw: number }>>();
  expectTypeOf(client.reset).returns.resolves.toEqualTypeOf<Outcome<{ sum: number; draw: number }>>();
  // @ts-expect-error: the action has no such key
  await expect(client.step({ subtract: 1 })).rejects.toMatchObject({ code: "VALIDATION_ERROR" });
});

test("a union of actions narrows by its discriminator", async () => {
  const environment = defineEnvironment({
    name: "doors",
    description: "Opens doors.",
    action: Type.Union([
      Type.Object({ kind: Type.Literal("open"), door: Type.Integer() }),
      Type.Object({ kind: Type.Literal("wait") }),
    ]),
    observation: Type.Object({ open: Type.Array(Type.Integer()) }),
    create: () => ({
      reset: () => ({ observation: { open: [] } }),
      step: (action) => ({ observation: { open: action.kind === "open" ? [action.door] : [] } }),
    }),
  });
  await using server = await createServer(environment);
  await using client = await connect(server, { environment });
  expectTypeOf(client.step).parameter(0).toEqualTypeOf<{ kind: "open"; door: number } | { kind: "wait" }>();
  const { observation } = await client.step({ kind: "open", door: 3 });
  expectTypeOf(observation.open).toEqualTypeOf<number[]>();
  expect(observation.open).toEqual([3]);
});

test("without an environment any object is an action, and observations are objects of anything", async () => {
  await using server = await createServer(adder);
  await using client = await connect(server);
  expectTypeOf(client).toEqualTypeOf<Client>();
  expectTypeOf(client.step).parameter(0).toEqualTypeOf<{ [key: string]: unknown }>();
  const { observation } = await client.step({ add: 1 });
  expectTypeOf(observation).toEqualTypeOf<{ [key: string]: unknown }>();
  expect(observation).toMatchObject({ sum: 1 });
});

test("an environment that has only tools leaves the client untyped", async () => {
  await using server = await createServer(echo);
  await using client = await connect(server, { environment: { resetObservation: { type: "object" } } });
  expectTypeOf(client).toEqualTypeOf<Client>();
  await expect(client.callTool("echo_message", { message: "m" })).resolves.toMatchObject({ data: "m" });
});

test("what every environment has is typed without one", async () => {
  await using server = await createServer(adder);
  await using client = await connect(server);
  expectTypeOf(client.state).returns.resolves.toEqualTypeOf<State>();
  expectTypeOf(client.listTools).returns.resolves.toEqualTypeOf<ListedTool[]>();
  expectTypeOf(client.callTool).returns.resolves.toEqualTypeOf<ToolOutcome>();
  const { reward } = await client.reset();
  expectTypeOf(reward).toEqualTypeOf<number | null>();
  expect(reward).toBeNull();
});

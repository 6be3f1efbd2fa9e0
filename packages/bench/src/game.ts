import { defineEnvironment } from "@openenv/server";
import Type, { type Static } from "typebox";

const Action = Type.Object({ choice: Type.Integer(), text: Type.String() });
export type Action = Static<typeof Action>;

const Item = Type.Object({
  id: Type.Integer(),
  label: Type.String(),
  x: Type.Number(),
  y: Type.Number(),
  visible: Type.Boolean(),
});
const Observation = Type.Object({
  turn: Type.Integer(),
  choice: Type.Integer(),
  hint: Type.String(),
  items: Type.Array(Item),
});
type Observation = Static<typeof Observation>;

/** What every subject and every floor answers a step with. */
export interface Outcome {
  observation: Observation;
  reward: number;
  done: boolean;
}

export interface Game {
  reset(): Outcome;
  step(action: Action): Outcome;
}

/** The action of every step: a message of about 200 bytes. */
export const action: Action = { choice: 1, text: "look around, then take the lamp and go north. ".repeat(3) };

/** A game that does next to nothing, so that what is measured is what surrounds it. */
export function openGame(observationBytes: number): Game {
  const items = itemsOf(observationBytes);
  let turn = 0;
  const play = (choice: number): Outcome => ({
    observation: { turn: turn++, choice, hint: "you see nothing special", items },
    reward: choice === 1 ? 1 : 0,
    done: false,
  });
  return { reset: () => play(0), step: ({ choice }) => play(choice) };
}

/** As many items as make the observation, as JSON, about so long. */
function itemsOf(observationBytes: number): Static<typeof Item>[] {
  const items: Static<typeof Item>[] = [];
  const length = (): number =>
    JSON.stringify({ turn: 10_000, choice: 1, hint: "you see nothing special", items }).length;
  while (length() < observationBytes) {
    const id = items.length;
    items.push({ id, label: `item ${id}`, x: id / 8, y: 0.5, visible: id % 2 === 0 });
  }
  return items;
}

/** The game as an environment. */
export function gameEnvironment(observationBytes: number) {
  return defineEnvironment({
    name: "game",
    description: "Does next to nothing, for benchmarks.",
    action: Action,
    observation: Observation,
    create: () => openGame(observationBytes),
  });
}

import { table } from "./requirements.generated.ts";

export { revision } from "./requirements.generated.ts";

/** Every id of the specification: one that is misspelt does not compile. */
export type RequirementId = keyof typeof table;

/** The key word of a requirement. MUST is an error, SHOULD a warning, MAY a notice. */
export type Level = "MUST" | "MUST NOT" | "SHOULD" | "SHOULD NOT" | "MAY";

export interface Requirement {
  level: Level;
  /** The sentence, without its id and without links. */
  sentence: string;
  /** File of `spec/`, and the section in it. */
  file: string;
  anchor: string;
}

export const requirements: Readonly<Record<RequirementId, Requirement>> = table;

/** Where the specification has a requirement, as a link. */
export function requirementLink(id: RequirementId): string {
  const { file, anchor } = requirements[id];
  return `https://github.com/openenv/openenv-typescript/blob/main/spec/${file}#${anchor}`;
}

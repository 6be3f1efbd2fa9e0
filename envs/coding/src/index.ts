import { defineCoding } from "./environment.ts";

export { type CodingOptions, defineCoding } from "./environment.ts";

/** The environment, over the tasks that come with the package. */
export default defineCoding();

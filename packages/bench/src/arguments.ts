import { parseArgs } from "node:util";

export interface Arguments {
  help: boolean;
  quick: boolean;
  /** Measure the price of the socket instead, and write docs/performance.md. */
  all: boolean;
  /** Selects rows whose subject contains it. */
  only: string;
  repetitions: number | undefined;
  /** Where JSON goes: a file, or standard output in place of the table. */
  json: { file: string | undefined } | undefined;
  /** Put the result into the repository's README. */
  readme: boolean;
}

const fewestRepetitions = 5;

/** @throws {TypeError} if an option is unknown or malformed, or selects none of the subjects. */
export function parseArguments(args: readonly string[], subjects: readonly string[]): Arguments {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      help: { type: "boolean", short: "h" },
      quick: { type: "boolean" },
      all: { type: "boolean" },
      only: { type: "string" },
      repetitions: { type: "string" },
      json: { type: "boolean" },
      readme: { type: "boolean" },
    },
  });
  const [file, ...others] = positionals;
  if (others.length > 0 || (file !== undefined && values.json !== true)) {
    throw new TypeError(`unexpected argument "${others[0] ?? file}"`);
  }
  const repetitions = values.repetitions === undefined ? undefined : Number(values.repetitions);
  if (repetitions !== undefined && !(Number.isInteger(repetitions) && repetitions >= fewestRepetitions)) {
    throw new TypeError(`--repetitions must be a whole number of at least ${fewestRepetitions}`);
  }
  const { only = "" } = values;
  if (!subjects.some((subject) => subject.includes(only))) {
    throw new TypeError(`no subject's name contains "${only}"; see --help`);
  }
  return {
    help: values.help ?? false,
    quick: values.quick ?? false,
    all: values.all ?? false,
    only,
    repetitions,
    json: values.json === true ? { file } : undefined,
    readme: values.readme ?? false,
  };
}

export function usage(subjects: readonly string[]): string {
  return `Usage: pnpm bench [options]

Measures each subject against a floor in the same run. Exits with 1 if a target is missed.

  --only <text>        only subjects whose name contains the text
  --repetitions <n>    windows per side, at least ${fewestRepetitions} (default 40)
  --quick              a short run that proves the bench works; its figures decide nothing
  --all                every way from a client to an environment: in process, sockets, containers, Python's server;
                       a full run writes docs/performance.md
  --json [file]        the result as JSON, to a file or in place of the table
  --readme             puts the result of a full run into the repository's README
  --help

Subjects:
${[...new Set(subjects)].map((subject) => `  ${subject}`).join("\n")}
`;
}

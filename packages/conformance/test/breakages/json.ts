import type { Proofs } from "../peers/catches.ts";

const whenServerReads = (pattern: RegExp, change: (text: string) => string) => ({
  toServer: (text: string) => (pattern.test(text) ? change(text) : text),
});

export const jsonProofs: Proofs = {
  "json.key-order": { broken: whenServerReads(/^\{"data"/, () => '{"data":{}}') },
  "json.last-key": { broken: whenServerReads(/"first"/, (text) => text.replace(',"episode_id":"last"', "")) },
  "json.any-key": {
    broken: whenServerReads(/"inherited"/, (text) =>
      text.replace('"__proto__":{"episode_id":"inherited"}', '"episode_id":"inherited"'),
    ),
  },
  "json.no-literals": {
    broken: whenServerReads(/:-?(NaN|Infinity)/, (text) => text.replace(/:-?(NaN|Infinity)/, ":null")),
  },
  "json.numbers": { broken: whenServerReads(/50\.0/, (text) => text.replace("50.0", "50.5")) },
  "json.integers": {
    broken: { toClient: (text) => text.replace('"step_count":1', '"step_count":1,"big":9007199254740993') },
  },
  "json.strings": { broken: { toServer: (text) => text.normalize("NFC") } },
  "json.characters": {
    broken: whenServerReads(/\u{1f600}{200}/u, () => `{"type":"reset","data":{"episode_id":"${"x".repeat(510)}"}}`),
  },
  "json.depth": { broken: whenServerReads(/\[{60}/, () => "too deep") },
  "json.deep-harmless": { broken: whenServerReads(/\[{1000}/, () => '{"type":"close"}') },
};

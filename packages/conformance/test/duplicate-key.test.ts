import { expect, test } from "vitest";
import { duplicateKey } from "../src/client/checks/duplicate-key.ts";

test.each([
  ['{"a":1,"a":2}', "a"],
  ['{"a":1,"\\u0061":2}', "a"],
  ['{"b":[{"a":{}, "c":{"x":1 , "x" :1}}]}', "x"],
  ['{"a":"\\"","a":2}', "a"],
  ['{"":1,"":1}', ""],
  ['{"a":{"a":{"a":1}},"b":{"a":1}}', undefined],
  ['[{"a":1},{"a":1}]', undefined],
  ['{"a":"{\\"a\\":1,\\"a\\":1}","b":["a","a"]}', undefined],
  ['{"a\\\\":1,"a":-1.5e3}', undefined],
  ['"a"', undefined],
])("in %s the key that stands twice is %s", (text, key) => {
  expect(duplicateKey(text)).toBe(key);
});

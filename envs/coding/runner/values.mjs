// Values on the way out of and into a Node process: JSON, with tagged objects for what JSON lacks (see values.py).
// Nothing here recurses. What it needs of the language is held here before any submitted code runs.
const { stringify, parse } = JSON;
const { isArray } = Array;
const { getPrototypeOf, keys, prototype: objectPrototype } = Object;
const largestText = 8 * 1024 * 1024;

/** The JSON text of plain data. `toJSON`, getters on prototypes and classes have no say in it. */
export function encode(value) {
  let text = "";
  const stack = [{ value }];
  while (stack.length > 0) {
    const item = stack.pop();
    text += item.text ?? encodeItem(item.value, stack);
    // Also how an array that contains itself ends.
    if (text.length > largestText) throw new RangeError("the value is too large to send, or contains itself");
  }
  return text;
}

function encodeItem(value, stack) {
  switch (typeof value) {
    case "undefined":
      return "null";
    case "boolean":
    case "string":
      return stringify(value);
    case "number":
      return encodeNumber(value);
    case "bigint":
      return `{"$":"int","v":"${value < 0n ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`}"}`;
    case "object":
      if (value === null) return "null";
      if (isArray(value)) pushArray(value, stack);
      else pushObject(value, stack);
      return "";
    default:
      throw new TypeError(`a ${typeof value} is not plain data`);
  }
}

function encodeNumber(value) {
  if (Number.isFinite(value)) return Object.is(value, -0) ? "-0.0" : `${value}`;
  if (Number.isNaN(value)) return '{"$":"nan"}';
  return value > 0 ? '{"$":"inf"}' : '{"$":"-inf"}';
}

function pushArray(items, stack) {
  if (items.length > largestText) throw new RangeError("the value is too large to send");
  stack.push({ text: "]" });
  for (let index = items.length - 1; index >= 0; index--) {
    stack.push({ value: items[index] });
    if (index > 0) stack.push({ text: "," });
  }
  stack.push({ text: "[" });
}

function pushObject(value, stack) {
  const prototype = getPrototypeOf(value);
  if (prototype !== objectPrototype && prototype !== null) {
    throw new TypeError(`a ${value.constructor?.name ?? "value with a prototype"} is not plain data`);
  }
  const names = keys(value).filter((name) => value[name] !== undefined);
  const tagged = names.includes("$");
  stack.push({ text: tagged ? "]}" : "}" });
  for (let index = names.length - 1; index >= 0; index--) {
    const name = stringify(names[index]);
    if (tagged) stack.push({ text: "]" });
    stack.push({ value: value[names[index]] }, { text: tagged ? `[${name},` : `${name}:` });
    if (index > 0) stack.push({ text: "," });
  }
  stack.push({ text: tagged ? '{"$":"object","v":[' : "{" });
}

/** Reads JSON; tagged objects become what they stand for. */
export function decode(text) {
  return parse(text, (_key, value) => (value?.$ === undefined ? value : untag(value)));
}

function untag({ $: tag, v: value }) {
  switch (tag) {
    case "nan":
      return Number.NaN;
    case "inf":
      return Number.POSITIVE_INFINITY;
    case "-inf":
      return Number.NEGATIVE_INFINITY;
    case "int":
      return value.startsWith("-") ? -BigInt(value.slice(1)) : BigInt(value);
    case "tuple":
      return value;
    case "object":
      return Object.fromEntries(value);
    default:
      throw new TypeError(`no value has the tag ${tag}`);
  }
}

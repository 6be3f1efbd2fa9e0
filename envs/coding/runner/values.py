"""Values on the way out of and into a Python process: JSON, with tagged objects for what JSON lacks.

{"$": "nan" | "inf" | "-inf"}, {"$": "int", "v": "0x.."} beyond 2**53, {"$": "tuple", "v": [..]}, and
{"$": "object", "v": [[key, value], ..]} for a dict that has a key "$" of its own. Nothing here recurses.
"""

import json
from json.encoder import encode_basestring_ascii

LARGEST_SAFE = 2**53 - 1
LARGEST_TEXT = 8 * 1024 * 1024


def encode(value):
    """The JSON text of plain data. Subclasses are written as their base class sees them, whatever they override."""
    parts = []
    size = 0
    stack = [(False, value)]
    while stack:
        is_text, item = stack.pop()
        text = item if is_text else encode_item(item, stack)
        parts.append(text)
        size += len(text) + 1
        # Also how a list that contains itself ends.
        if size > LARGEST_TEXT:
            raise ValueError("the value is too large to send, or contains itself")
    return "".join(parts)


def encode_item(value, stack):
    kind = type(value)
    if value is None:
        return "null"
    if kind is bool:
        return "true" if value else "false"
    if issubclass(kind, int):
        return encode_int(int.__int__(value))
    if issubclass(kind, float):
        return encode_float(float.__add__(value, -0.0))
    if issubclass(kind, str):
        return encode_basestring_ascii(str.__str__(value))
    if issubclass(kind, list):
        push_sequence(list.__iter__(value), "[", "]", stack)
    elif issubclass(kind, tuple):
        push_sequence(tuple.__iter__(value), '{"$":"tuple","v":[', "]}", stack)
    elif issubclass(kind, dict):
        push_dict(value, stack)
    else:
        raise TypeError(f"a value of type {kind.__name__} is not plain data")
    return ""


def encode_int(value):
    return int.__repr__(value) if -LARGEST_SAFE <= value <= LARGEST_SAFE else '{"$":"int","v":"%s"}' % hex(value)


def encode_float(value):
    if value != value:
        return '{"$":"nan"}'
    if value in (float("inf"), float("-inf")):
        return '{"$":"inf"}' if value > 0 else '{"$":"-inf"}'
    return float.__repr__(value)


def push_sequence(items, opening, closing, stack):
    pending = [(True, opening)]
    for index, item in enumerate(items):
        if index:
            pending.append((True, ","))
        pending.append((False, item))
    pending.append((True, closing))
    stack.extend(reversed(pending))


def push_dict(value, stack):
    items = list(dict.items(value))
    for key, _ in items:
        if not issubclass(type(key), str):
            raise TypeError(f"a dict with a key of type {type(key).__name__} is not plain data")
    keys = [str.__str__(key) for key, _ in items]
    tagged = "$" in keys
    pending = [(True, '{"$":"object","v":[' if tagged else "{")]
    for index, (_, item) in enumerate(items):
        name = encode_basestring_ascii(keys[index])
        pending.append((True, "," if index else ""))
        pending.append((True, f"[{name}," if tagged else f"{name}:"))
        pending.append((False, item))
        pending.append((True, "]" if tagged else ""))
    pending.append((True, "]}" if tagged else "}"))
    stack.extend(reversed(pending))


def decode(text):
    """Reads JSON; tagged objects become what they stand for."""
    return json.loads(text, object_hook=untag)


def untag(value):
    if "$" not in value:
        return value
    tag = value["$"]
    if tag in ("nan", "inf", "-inf"):
        return float(tag)
    if tag == "int":
        return int(value["v"], 0)
    if tag == "tuple":
        return tuple(value["v"])
    if tag == "object":
        return dict(value["v"])
    raise ValueError(f"no value has the tag {tag!r}")

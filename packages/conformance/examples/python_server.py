"""An OpenEnv server, revision 2026-11, in Python 3.11 and `websockets`: the environment of spec/stories.md, the WebSocket at /ws, the
routes that tell of the server, and what protects them from web pages. The ids in the comments are those of the requirements in spec/.

Left out: tools, everything at /mcp, POST /reset and /step, GET /state (so no session outlives its socket), production mode.
"""
import argparse, asyncio, contextlib, http, json, re, secrets, signal
from urllib.parse import parse_qs, urlsplit
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

MAX_SESSIONS, MAX_BYTES, MAX_HEAD_BYTES, SAFE = 64, 16 * 1024 * 1024, 64 * 1024, 2**53 - 1
PING_SECONDS, REFUSAL_SECONDS, REQUEST_SECONDS = 20, 5, 300
SESSIONS, CONNECTIONS = set(), set()

def shape(properties, required=(), more=False):
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": more}

OBJECT, TEXT, GUESS = {"type": "object"}, {"type": "string"}, {"type": "integer", "minimum": 1, "maximum": 100}
ACTION = shape({"guess": GUESS, "metadata": OBJECT}, ["guess"])
OBSERVATION = shape({"hint": {"type": "string", "enum": ["start", "higher", "lower", "found"]}}, ["hint"])
STATE = shape({"episode_id": {"type": ["string", "null"]}, "step_count": {"type": "integer"}, "guesses": {"type": "integer"}},
              ["episode_id", "step_count"])
OPTIONS = shape({"target": GUESS}, more=True)
RESET = shape({"seed": {"type": ["integer", "null"], "minimum": -SAFE, "maximum": SAFE},
               "episode_id": {"type": ["string", "null"], "maxLength": 255}}, more=True)
MESSAGES = {"reset": shape({"type": TEXT, "data": RESET}), "step": shape({"type": TEXT, "data": OBJECT}, ["data"]),
            "state": shape({"type": TEXT}), "close": shape({"type": TEXT}), "mcp": shape({"type": TEXT, "data": OBJECT}, ["data"])}
RPC = shape({"jsonrpc": {"type": "string", "enum": ["2.0"]}, "id": {"type": ["string", "integer", "null"]}, "method": TEXT,
             "params": OBJECT}, ["jsonrpc", "method"])
PARAMETERS = {"tools/list": shape({"session_id": {"type": ["string", "null"]}}, more=True), "openenv/session/create": OBJECT,
              "tools/call": shape({"name": TEXT, "arguments": OBJECT, "session_id": {"type": ["string", "null"]}}, ["name"], True),
              "openenv/session/close": shape({"session_id": TEXT}, ["session_id"], True)}

# json.no-literals, json.numbers, json.depth, json.deep-harmless: Python's own reader takes NaN, and fails on long numbers and deep texts.
def read_json(text):
    def refuse(literal):
        raise ValueError(f"{literal} is not JSON")
    try:
        return json.loads(text, parse_constant=refuse, parse_int=lambda n: int(n) if len(n) < 400 else float(n))
    except RecursionError:
        raise ValueError("nested too deep") from None

TYPES = {"object": lambda v: isinstance(v, dict), "string": lambda v: isinstance(v, str), "null": lambda v: v is None,
         "integer": lambda v: type(v) in (int, float) and v % 1 == 0}

# error.findings-loc, error.findings-limit, json.characters (Python counts code points), http.schema-true: as much of JSON Schema as is used.
def check(schema, value, loc):
    names = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    if not any(TYPES[name](value) for name in names):
        return [{"type": "type", "loc": loc, "msg": f"must be {' or '.join(names)}"}]
    if value not in schema.get("enum", [value]):
        return [{"type": "enum", "loc": loc, "msg": f"must be one of {', '.join(schema['enum'])}"}]
    if "minimum" in schema and value is not None and not schema["minimum"] <= value <= schema["maximum"]:
        return [{"type": "range", "loc": loc, "msg": f"must be from {schema['minimum']} to {schema['maximum']}"}]
    if isinstance(value, str) and len(value) > schema.get("maxLength", len(value)):
        return [{"type": "length", "loc": loc, "msg": f"must have at most {schema['maxLength']} characters"}]
    findings = [{"type": "missing", "loc": [*loc, key], "msg": "is required"} for key in schema.get("required", []) if key not in value]
    for key, item in value.items() if "properties" in schema else ():
        if key in schema["properties"]:
            findings += check(schema["properties"][key], item, [*loc, key])
        elif not schema["additionalProperties"]:
            findings.append({"type": "unknown", "loc": [*loc, key], "msg": "is not allowed here"})
    return findings[:20]

class Failure(Exception):
    def __init__(self, code, message, **details):
        self.message = {"type": "error", "data": {"message": message, "code": code, **details}}  # ws.error-shape

def require(schema, value, loc=[]):
    if findings := check(schema, value, loc):  # error.findings, error.findings-message
        raise Failure("VALIDATION_ERROR", f"{'.'.join(findings[0]['loc']) or 'the message'} {findings[0]['msg']}", errors=findings)

# episode.outcome-keys, episode.reward, episode.warnings-place, episode.metadata-empty
def outcome(hint, reward, done, warnings=()):
    metadata = {"metadata": {"warnings": warnings}} if warnings else {}
    return {"type": "observation", "data": {"observation": {"hint": hint}, "reward": reward, "done": done, **metadata}}

class Session:
    def __init__(self):
        self.id, self.episode_id, self.step_count = secrets.token_hex(16), None, 0  # session.id-entropy, episode.state-fresh

    # episode.reset-count, episode.reset-id, episode.reset-id-made, episode.reset-refused, episode.options-warning, episode.options-null
    def reset(self, data):
        options = {key: value for key, value in data.items() if key not in ("seed", "episode_id")}
        require(OPTIONS, options)
        seed, name = data.get("seed"), data.get("episode_id")
        self.target = options.get("target", 50 if seed is None else 1 + seed % 100)
        self.episode_id, self.step_count = secrets.token_hex(16) if name is None else name, 0
        return outcome("start", None, False, [f"the option {key!r} is unknown, and ignored" for key in options if key != "target"])

    # episode.action-schema, episode.action-strict, episode.action-metadata, episode.auto-reset, episode.step-count, episode.step-count-failed
    def step(self, action):
        require(ACTION, action)
        if self.episode_id is None:
            self.reset({})
        guess = action["guess"]
        if guess == 13:
            raise RuntimeError("13 is unlucky")
        self.step_count += 1
        hint = "found" if guess == self.target else "higher" if guess < self.target else "lower"
        return outcome(hint, int(hint == "found"), hint == "found")

    # episode.state-keys, episode.state-pure. Without tools every step is a guess.
    def state(self, data=None):
        own = {} if self.episode_id is None else {"guesses": self.step_count}
        return {"type": "state", "data": {**own, "episode_id": self.episode_id, "step_count": self.step_count}}

    # ws.mcp-answer, ws.mcp-invalid, rpc.response-id-null, rpc.method-unknown, rpc.no-tools, rpc.socket-create, rpc.socket-close-own
    def mcp(self, request):
        def reply(code, message, id=None):
            return {"type": "mcp", "data": {"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message, "data": None}}}
        if check(RPC, request, []):
            return reply(-32600, "no request of JSON-RPC 2.0")
        id, method, parameters = request.get("id"), request["method"], request.get("params", {})
        if method not in PARAMETERS:
            return reply(-32601, f"unknown method: {method[:100]}", id)
        if findings := check(PARAMETERS[method], parameters, []):
            return reply(-32602, f"{'.'.join(findings[0]['loc'])} {findings[0]['msg']}", id)
        if method == "openenv/session/create":
            return {"type": "mcp", "data": {"jsonrpc": "2.0", "id": id, "result": {"session_id": self.id}}}
        if method == "openenv/session/close":
            own = parameters["session_id"] == self.id
            return reply(-32600, "a socket does not close its own session", id) if own else reply(-32602, "no such session", id)
        return reply(-32603, "this environment has no tools", id)

# ws.invalid-json, ws.binary, ws.not-object, ws.unknown-type, ws.message-schema, error.execution-text, error.no-trace, security.echo-short
def answer(session, text):
    """The reply to one message, None to a valid `close`."""
    try:
        try:
            message = read_json(text if isinstance(text, str) else "")
        except ValueError as error:
            raise Failure("INVALID_JSON", f"no JSON text: {error}") from error
        require(OBJECT, message)
        kind = message.get("type")
        if not isinstance(kind, str) or kind not in MESSAGES:
            raise Failure("UNKNOWN_TYPE", f"unknown type {kind[:100]!r}" if isinstance(kind, str) else "a message has a type")
        require(MESSAGES[kind], message)
        return None if kind == "close" else getattr(session, kind)(message.get("data", {}))
    except Failure as failure:
        return failure.message
    except Exception as error:
        return Failure("EXECUTION_ERROR", str(error)).message

# ws.refuse-error, ws.refuse-wait, ws.refuse-close, ws.refuse-capacity, ws.refuse-session
async def refuse(ws, close_code, *failure, **details):
    await ws.send(json.dumps(Failure(*failure, **details).message))
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(ws.recv(), REFUSAL_SECONDS)
    await ws.close(close_code)

# ws.ping, ws.dead-peer, ws.dead-peer-paused. `websockets` itself answers pings (ws.ping-answer).
async def keep_alive(ws):
    pings = []
    with contextlib.suppress(ConnectionClosed):
        while True:
            await asyncio.sleep(PING_SECONDS)
            pings = pings[-2:] if ws.transport.is_reading() else []
            if len(pings) == 2 and not any(ping.done() for ping in pings):
                return ws.transport.abort()
            pings.append(await ws.ping())

# ws.session-per-socket, ws.reply-order, ws.one-at-a-time, ws.close-code, ws.gone, session.capacity, session.socket-end, session.attach-unknown
async def serve_socket(ws):
    session, keeper = Session(), asyncio.create_task(keep_alive(ws))
    with contextlib.suppress(ConnectionClosed), contextlib.ExitStack() as stack:
        stack.callback(SESSIONS.discard, session)
        stack.callback(keeper.cancel)
        if "session_id" in parse_qs(urlsplit(ws.request.path).query, keep_blank_values=True):
            return await refuse(ws, 1008, "SESSION_ERROR", "no such session")
        if len(SESSIONS) >= MAX_SESSIONS:
            return await refuse(ws, 1013, "CAPACITY_REACHED", "every slot is taken", active_sessions=len(SESSIONS), max_sessions=MAX_SESSIONS)
        SESSIONS.add(session)
        while ((message := await ws.recv()) is not None and ws.state is State.OPEN and (reply := answer(session, message))):
            await ws.send(json.dumps(reply))
        SESSIONS.discard(session)  # before the client can know, and connect again
        await ws.close(1000)

HEALTH = lambda: {"status": "healthy", "active_sessions": len(SESSIONS), "max_sessions": MAX_SESSIONS}
METADATA = {"name": "guess", "description": "Guess a number between 1 and 100.", "readme_content": None, "version": "1.0.0", "author": None,
            "documentation_url": None, "mode": "simulation", "protocol_revision": "2026-11"}
OPENAPI = {"openapi": "3.1.0", "info": {"title": "guess", "version": "1.0.0"}, "paths": {
    path: {"get": {"responses": {"200": {"description": "The answer."}}}} for path in ("/health", "/metadata", "/schema", "/openapi.json")}}
ROUTES = {"/health": HEALTH, "/metadata": lambda: METADATA, "/openapi.json": lambda: OPENAPI, "/ws": None,
          "/schema": lambda: {"action": ACTION, "observation": OBSERVATION, "state": STATE}}
LOOPBACK = re.compile(r"([^:/@]+\.)?localhost(:\d+)?|127(\.\d{1,3}){3}(:\d+)?|\[::1\](:\d+)?", re.IGNORECASE)

class Connection(ServerConnection):
    """Answers HTTP, which `websockets` does not, until a request asks for the WebSocket; from there on `websockets` has the bytes."""
    upgraded = False

    def connection_made(self, transport):
        super().connection_made(transport)
        self.received = bytearray()
        CONNECTIONS.add(self)

    def connection_lost(self, error):
        super().connection_lost(error)
        CONNECTIONS.discard(self)

    def data_received(self, data):
        if self.upgraded:
            return super().data_received(data)
        self.received += data
        while not self.upgraded and not self.transport.is_closing() and self.take_request():
            pass

    # http.version, http.keep-alive, http.body-limit. False until a whole request is there.
    def take_request(self):
        head, end, _ = self.received.partition(b"\r\n\r\n")
        if not end or len(head) > MAX_HEAD_BYTES:
            return len(head) > MAX_HEAD_BYTES and self.tell(431, close=True)
        headers = {}
        try:
            (method, target, version), *lines = [line.split(" ", 2) for line in head.decode("latin-1").split("\r\n")]
        except ValueError:
            return self.tell(400, close=True)

"""An OpenEnv server, revision 2026-11, in Python 3.11 and `websockets`: the environment of spec/stories.md, the WebSocket at /ws, the
routes that tell of the server, and their protection from web pages. The ids in the comments are those of the requirements in spec/.

Left out: tools, everything at /mcp, POST /reset and /step, GET /state (so no session outlives its socket), production mode.
"""
import argparse, asyncio, contextlib, http.client, io, json, re, secrets, signal, weakref
from urllib.parse import parse_qs, urlsplit
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

MAX_SESSIONS, MAX_BYTES, MAX_HEAD_BYTES = 64, 16 * 1024 * 1024, 64 * 1024
PING_SECONDS, REFUSAL_SECONDS, REQUEST_SECONDS = 20, 5, 300
SESSIONS, CONNECTIONS = set(), weakref.WeakSet()

def shape(properties, required=(), more=False):
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": more}

OBJECT, TEXT, GUESS, SAFE = {"type": "object"}, {"type": "string"}, {"type": "integer", "minimum": 1, "maximum": 100}, 2**53 - 1
ACTION = shape({"guess": GUESS, "metadata": OBJECT}, ["guess"])
OBSERVATION = shape({"hint": {"enum": ["start", "higher", "lower", "found"]}}, ["hint"])
STATE = shape({"episode_id": TEXT, "step_count": {"type": "integer"}, "guesses": {"type": "integer"}}, ["episode_id", "step_count"])
OPTIONS = shape({"target": GUESS}, more=True)
RESET = shape({"seed": {"type": ["integer", "null"], "minimum": -SAFE, "maximum": SAFE},
               "episode_id": {"type": ["string", "null"], "maxLength": 255}}, more=True)
MESSAGES = {"reset": shape({"type": TEXT, "data": RESET}), "step": shape({"type": TEXT, "data": OBJECT}, ["data"]),
            "state": shape({"type": TEXT}), "close": shape({"type": TEXT}), "mcp": shape({"type": TEXT, "data": OBJECT}, ["data"])}
RPC = shape({"jsonrpc": {"enum": ["2.0"]}, "id": {"type": ["string", "integer", "null"]}, "method": TEXT, "params": OBJECT},
            ["jsonrpc", "method"])
SESSION_ID = {"session_id": {"type": ["string", "null"]}}
PARAMETERS = {"tools/list": shape(SESSION_ID, more=True), "tools/call": shape({"name": TEXT, "arguments": OBJECT, **SESSION_ID}, ["name"], True),
              "openenv/session/create": OBJECT, "openenv/session/close": shape({"session_id": TEXT}, ["session_id"], True)}

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
RULES = {"type": lambda names, v: any(TYPES[name](v) for name in ([names] if isinstance(names, str) else names)),
         "enum": lambda values, v: v in values, "minimum": lambda least, v: v is None or v >= least,
         "maximum": lambda most, v: v is None or v <= most, "maxLength": lambda most, v: v is None or len(v) <= most}

# error.findings-loc, error.findings-limit, http.schema-true: as much of JSON Schema as is used here. json.characters: len counts code points.
def check(schema, value, loc=()):
    for rule in RULES:
        if rule in schema and not RULES[rule](schema[rule], value):
            return [{"type": rule, "loc": loc, "msg": f"must have the {rule} {json.dumps(schema[rule])}"}]
    findings = [{"type": "missing", "loc": [*loc, key], "msg": "is required"} for key in schema.get("required", ()) if key not in value]
    for key in value if "properties" in schema else ():
        if key in schema["properties"]:
            findings += check(schema["properties"][key], value[key], [*loc, key])
        elif not schema["additionalProperties"]:
            findings.append({"type": "unknown", "loc": [*loc, key], "msg": "is not allowed here"})
    return findings[:20]

class Failure(Exception):
    def __init__(self, code, message, **details):
        self.message = {"type": "error", "data": {"message": message, "code": code, **details}}  # ws.error-shape

def told(findings):
    return f"{'.'.join(findings[0]['loc']) or 'the message'} {findings[0]['msg']}"  # error.findings-message

def require(schema, value):
    if findings := check(schema, value):
        raise Failure("VALIDATION_ERROR", told(findings), errors=findings)

class Session:
    def __init__(self):
        self.id, self.episode_id, self.step_count = secrets.token_hex(16), None, 0  # session.id-entropy, episode.state-fresh

    # episode.reset-count, episode.reset-id, episode.reset-id-made, episode.reset-refused, episode.options-null, episode.options-warning
    def reset(self, data):
        options = {key: value for key, value in data.items() if key not in ("seed", "episode_id")}
        require(OPTIONS, options)
        seed, name = data.get("seed"), data.get("episode_id")
        self.target = options.get("target", 50 if seed is None else 1 + seed % 100)
        self.episode_id, self.step_count = secrets.token_hex(16) if name is None else name, 0
        return self.outcome("start", None, [f"the option {key!r} is unknown, and ignored" for key in options if key != "target"])

    # episode.action-schema, episode.action-metadata, episode.auto-reset, episode.step-count, episode.step-count-failed
    def step(self, action):
        require(ACTION, action)
        if self.episode_id is None:
            self.reset({})
        guess = action["guess"]
        if guess == 13:
            raise RuntimeError("13 is unlucky")
        self.step_count += 1
        return self.outcome(*(("found", 1) if guess == self.target else ("higher" if guess < self.target else "lower", 0)))

    # episode.outcome-keys, episode.reward, episode.warnings-place, episode.metadata-empty
    def outcome(self, hint, reward, warnings=()):
        metadata = {"metadata": {"warnings": warnings}} if warnings else {}
        return {"type": "observation", "data": {"observation": {"hint": hint}, "reward": reward, "done": hint == "found", **metadata}}

    # episode.state-keys, episode.state-pure. Every step is a guess, because there are no tools.
    def state(self, _):
        own = {} if self.episode_id is None else {"guesses": self.step_count}
        return {"type": "state", "data": {**own, "episode_id": self.episode_id, "step_count": self.step_count}}

    # ws.mcp-answer, ws.mcp-invalid, rpc.response-id-null, rpc.method-unknown, rpc.no-tools, rpc.socket-create, rpc.socket-close-own
    def mcp(self, request):
        method, parameters = request.get("method"), request.get("params", {})
        if check(RPC, request):
            request, code, message = {}, -32600, "not a request of JSON-RPC 2.0"
        elif method not in PARAMETERS:
            code, message = -32601, f"unknown method: {method[:100]}"
        elif findings := check(PARAMETERS[method], parameters):
            code, message = -32602, told(findings)
        elif method == "openenv/session/close":
            code, message = (-32600, "not from its own socket") if parameters["session_id"] == self.id else (-32602, "no such session")
        else:
            code, message = -32603, "this environment has no tools"
        made = method == "openenv/session/create" and code == -32603
        result = {"result": {"session_id": self.id}} if made else {"error": {"code": code, "message": message, "data": None}}
        return {"type": "mcp", "data": {"jsonrpc": "2.0", "id": request.get("id"), **result}}

# ws.invalid-json, ws.binary, ws.not-object, ws.unknown-type, ws.message-schema, error.execution-text, error.no-trace, security.echo-short
def answer(session, text):
    """The reply to one message, None to a valid `close`."""
    try:
        message = read_json(text if isinstance(text, str) else "")
        require(OBJECT, message)
        kind = message.get("type")
        if not isinstance(kind, str) or kind not in MESSAGES:
            raise Failure("UNKNOWN_TYPE", f"unknown type: {kind[:100]}" if isinstance(kind, str) else "a message has a type")
        require(MESSAGES[kind], message)
        return None if kind == "close" else getattr(session, kind)(message.get("data", {}))
    except Failure as failure:
        return failure.message
    except ValueError as error:
        return Failure("INVALID_JSON", f"not JSON text: {error}").message
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
        while (message := await ws.recv()) is not None and ws.state is State.OPEN and (reply := answer(session, message)):
            await ws.send(json.dumps(reply))
        SESSIONS.discard(session)  # before the client can know, and connect again
        await ws.close(1000)

METADATA = {"name": "guess", "description": "Guess a number between 1 and 100.", "readme_content": None, "version": "1.0.0", "author": None,
            "documentation_url": None, "mode": "simulation", "protocol_revision": "2026-11"}
OPENAPI = {"openapi": "3.1.0", "info": {"title": "guess", "version": "1.0.0"}, "paths": {
    path: {"get": {"responses": {"200": {"description": "The answer."}}}} for path in ("/health", "/metadata", "/schema", "/openapi.json")}}
ROUTES = {"/health": lambda: {"status": "healthy", "active_sessions": len(SESSIONS), "max_sessions": MAX_SESSIONS},
          "/metadata": lambda: METADATA, "/schema": lambda: {"action": ACTION, "observation": OBSERVATION, "state": STATE},
          "/openapi.json": lambda: OPENAPI, "/ws": None}
LOOPBACK = re.compile(r"([^:/@]+\.)?localhost(:\d+)?|127(\.\d{1,3}){3}(:\d+)?|\[::1\](:\d+)?", re.IGNORECASE)

class Connection(ServerConnection):
    """Answers HTTP until a request asks for the WebSocket; `websockets` gets the bytes from there on."""
    def connection_made(self, transport):
        super().connection_made(transport)
        self.received, self.upgraded = bytearray(), False
        CONNECTIONS.add(self)

    def data_received(self, data):
        if self.upgraded:
            return super().data_received(data)
        self.received += data
        while self.received and not self.transport.is_closing() and self.take_request():
            pass

    # http.version, http.keep-alive, http.body-limit, ws.endpoint. True once a request was taken from what was received.
    def take_request(self):
        end = self.received.find(b"\r\n\r\n") + 4
        if end < 4:
            return len(self.received) > MAX_HEAD_BYTES and self.tell(431, closing=True)
        try:
            first, _, rest = bytes(self.received[:end]).partition(b"\r\n")
            method, target, version = first.decode("ascii").split(" ")
            headers = http.client.parse_headers(io.BytesIO(rest))
            size = int(headers.get("content-length", 0))
            path = urlsplit(target).path
        except (ValueError, http.client.HTTPException):
            return self.tell(400, closing=True)
        if "transfer-encoding" in headers or size > MAX_BYTES:
            return self.tell(411 if "transfer-encoding" in headers else 413, closing=True)
        if len(self.received) < end + size:
            return False
        closing = version != "HTTP/1.1" or headers.get("connection", "").lower() == "close"
        upgrade = headers.get("upgrade", "").lower() == "websocket"
        status = self.status(method, path, headers, upgrade)
        if status == 101:
            self.upgraded, received = True, bytes(self.received)
            self.received.clear()
            super().data_received(received)
            return False
        del self.received[:end + size]
        self.tell(status, ROUTES[path]() if status == 200 else None, method, closing)
        return True

    # browser.origin, browser.host, browser.upgrade, browser.every-route, http.not-found, http.path-exact, http.method, ws.no-upgrade
    def status(self, method, path, headers, upgrade):
        host, origin = headers.get_all("host", []), headers.get("origin")
        if len(host) != 1:
            return 400
        if not LOOPBACK.fullmatch(host[0]) or (origin is not None and origin.lower().partition("://")[2] != host[0].lower()):
            return 403
        if path not in ROUTES or (upgrade and path != "/ws"):
            return 404
        if method != "GET":
            return 405
        return 200 if path != "/ws" else 101 if upgrade else 426

    # http.json, http.error-shape, http.allow
    def tell(self, status, body=None, method="GET", closing=False):
        phrase = http.HTTPStatus(status).phrase
        text = json.dumps({"detail": phrase} if body is None else body).encode()
        allow = "allow: GET\r\n" if status == 405 else ""
        head = f"HTTP/1.1 {status} {phrase}\r\ncontent-type: application/json\r\ncontent-length: {len(text)}\r\n{allow}"
        self.transport.write(f"{head}connection: {'close' if closing else 'keep-alive'}\r\n\r\n".encode() + (b"" if method == "HEAD" else text))
        if closing:
            self.transport.close()

# http.json holds for a handshake that `websockets` refuses, too.
def in_json(ws, request, response):
    if response.status_code != 101:
        response.body = json.dumps({"detail": response.reason_phrase}).encode()
        del response.headers["content-type"], response.headers["content-length"]
        response.headers.update({"content-type": "application/json", "content-length": str(len(response.body))})

# ws.size-accept, ws.size-close, ws.compression, ws.flow-pause, ws.shutdown-close, security.loopback, security.slow-request
async def main(port):
    server = await serve(serve_socket, "127.0.0.1", port, create_connection=Connection, process_response=in_json, compression=None,
                         max_size=MAX_BYTES, max_queue=32, ping_interval=None, open_timeout=REQUEST_SECONDS, close_timeout=5)
    print(f"listening on http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    await stop.wait()
    server.close(code=1012)
    for connection in list(CONNECTIONS):
        if not connection.upgraded:
            connection.transport.close()
    await server.wait_closed()

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="An OpenEnv server: guess a number between 1 and 100.")
    parser.add_argument("--port", type=int, default=8000, help="where to listen; 0 takes any free port (default: 8000)")
    asyncio.run(main(parser.parse_args().port))

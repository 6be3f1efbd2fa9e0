"""An OpenEnv server, revision 2026-11, in Python 3.11 and `websockets`: the environment of spec/stories.md, the WebSocket at /ws, the
routes that tell of the server, and what protects both from web pages. The ids in the comments are those of the requirements in spec/.

Left out: tools, POST /reset and /step, GET /state, sessions without a socket of their own (so there is nothing to attach to, and
POST /mcp knows no openenv/session methods), the WebSocket at /mcp, production mode.
"""
import argparse, contextlib, json, re, secrets, signal, threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs
from websockets import ConnectionClosed, Headers, Request, ServerProtocol, State
from websockets.sync.connection import Connection

MAX_SESSIONS, MAX_BYTES, PING_SECONDS, REFUSAL_SECONDS, REQUEST_SECONDS = 64, 16 * 1024 * 1024, 20, 5, 300
SESSIONS, SOCKETS, SLOTS = set(), set(), threading.Lock()

class Failure(Exception):
    def __init__(self, code, message, **details):
        self.reply = {"type": "error", "data": {"message": message, "code": code, **details}}

# error.findings, error.findings-loc, error.findings-message, json.characters (len counts code points)
def require(holds, loc, expected):
    if not holds:
        finding = {"type": "value", "loc": loc, "msg": expected}
        raise Failure("VALIDATION_ERROR", f"{'.'.join(loc) or 'the message'} {expected}", errors=[finding])

def require_object(value, loc, required, optional):
    require(isinstance(value, dict), loc, "must be an object")
    for key in required:
        require(key in value, [*loc, key], "is required")
    for key in value:
        require(key in required or key in optional, [*loc, key], "is not allowed here")

# json.numbers: 50, 50.0 and 5e1 are integers. True is none, though Python takes it for 1.
def is_integer(value, low=-(2**53 - 1), high=2**53 - 1):
    return type(value) in (int, float) and value % 1 == 0 and low <= value <= high

class Session:
    def __init__(self):
        self.id, self.episode_id, self.step_count = secrets.token_hex(16), None, 0  # session.id-entropy, episode.state-fresh

    # episode.seed-range, episode.options-null, episode.options-schema, episode.options-warning, episode.reset-id-length,
    # episode.reset-refused (nothing changes before all is checked), episode.reset-count, episode.reset-id, episode.reset-id-made
    def reset(self, data):
        seed, name = data.get("seed"), data.get("episode_id")
        require(seed is None or is_integer(seed), ["data", "seed"], "must be an integer from -(2^53 - 1) to 2^53 - 1")
        require(name is None or isinstance(name, str) and len(name) <= 255, ["data", "episode_id"], "must be at most 255 characters")
        require("target" not in data or is_integer(data["target"], 1, 100), ["target"], "must be an integer from 1 to 100")
        self.target = data.get("target", 50 if seed is None else 1 + seed % 100)
        self.episode_id, self.step_count = secrets.token_hex(16) if name is None else name, 0
        unknown = [key for key in data if key not in ("seed", "episode_id", "target")]
        return self.outcome("start", None, [f"the option {key!r} is unknown, and was ignored" for key in unknown])

    # episode.action-schema, episode.action-strict, episode.action-metadata, episode.auto-reset, episode.step-count
    def step(self, action):
        require_object(action, [], ["guess"], ["metadata"])
        require(isinstance(action.get("metadata", {}), dict), ["metadata"], "must be an object")
        require(is_integer(action["guess"], 1, 100), ["guess"], "must be an integer from 1 to 100")
        if self.episode_id is None:
            self.reset({})
        if action["guess"] == 13:
            raise RuntimeError("13 is unlucky")
        self.step_count += 1
        if action["guess"] == self.target:
            return self.outcome("found", 1)
        return self.outcome("higher" if action["guess"] < self.target else "lower", 0)

    # episode.outcome-keys, episode.warnings-place, episode.metadata-empty
    def outcome(self, hint, reward, warnings=()):
        metadata = {"metadata": {"warnings": warnings}} if warnings else {}
        return {"type": "observation", "data": {"observation": {"hint": hint}, "reward": reward, "done": hint == "found", **metadata}}

    # episode.state-keys, episode.state-pure. Without tools, every step is a guess.
    def state(self, _):
        own = {} if self.episode_id is None else {"guesses": self.step_count}
        return {"type": "state", "data": {**own, "episode_id": self.episode_id, "step_count": self.step_count}}

    # ws.mcp-answer, ws.mcp-invalid
    def mcp(self, request):
        return {"type": "mcp", "data": answer_rpc(request, self.id)}

# rpc.parse-error, rpc.invalid-request, rpc.extra-keys, rpc.response-id, rpc.response-id-null, rpc.error-shape, rpc.method-unknown,
# rpc.no-tools, rpc.socket-create, rpc.socket-close-own. `own` is the session of the socket; None for POST /mcp, which has none here.
def answer_rpc(request, own=None):
    if not isinstance(request, dict):
        return {"jsonrpc": "2.0", "id": None, "error": {"code": -32700, "message": "no JSON object", "data": None}}
    id, method, params = request.get("id"), request.get("method"), request.get("params", {})
    if (request.get("jsonrpc") != "2.0" or not isinstance(method, str) or not isinstance(params, dict) or
            not isinstance(id, str | None) and not is_integer(id) or request.keys() - {"jsonrpc", "id", "method", "params"}):
        id, code, text = None, -32600, "no request of JSON-RPC 2.0"
    elif method == "openenv/session/create" and own:
        return {"jsonrpc": "2.0", "id": id, "result": {"session_id": own}}
    elif method == "openenv/session/close" and own:
        same = params.get("session_id") == own
        code, text = (-32600, "a socket does not close its own session") if same else (-32602, "session_id names no session")
    elif method == "tools/call" and not (isinstance(params.get("name"), str) and isinstance(params.get("arguments", {}), dict)):
        code, text = -32602, "name must be a string, and arguments an object"
    elif method in ("tools/list", "tools/call"):
        code, text = -32603, "this environment has no tools"
    else:
        code, text = -32601, f"unknown method: {method[:100]}"
    return {"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": text, "data": None}}

# json.no-literals, json.deep-harmless: by itself Python takes NaN (int refuses the word), refuses long integers, and fails in deep texts.
NOT_JSON = object()
def read_json(text):
    try:
        text = text if isinstance(text, str) else text.decode()
        return json.loads(text, parse_constant=int, parse_int=lambda digits: int(digits) if len(digits) < 400 else float(digits))
    except (ValueError, RecursionError):
        return NOT_JSON

# What must and what may be in a message beside its type.
KEYS = {"reset": ([], ["data"]), "step": (["data"], []), "state": ([], []), "close": ([], []), "mcp": (["data"], [])}

# ws.invalid-json, ws.binary, ws.not-object, ws.unknown-type, ws.message-schema, error.execution-text, error.no-trace, security.echo-short
def answer(session, text):
    """The reply to one message; None to a valid `close`."""
    try:
        if not isinstance(text, str) or (message := read_json(text)) is NOT_JSON:
            raise Failure("INVALID_JSON", "the message is not JSON text")
        require(isinstance(message, dict), [], "must be an object")
        kind = message.get("type")
        if not isinstance(kind, str) or kind not in KEYS:
            raise Failure("UNKNOWN_TYPE", f"unknown type: {kind[:100]}" if isinstance(kind, str) else "type must be a string")
        data = message.get("data", {})
        require_object(message, [], ["type", *KEYS[kind][0]], KEYS[kind][1])
        require(isinstance(data, dict), ["data"], "must be an object")
        return None if kind == "close" else getattr(session, kind)(data)
    except Failure as failure:
        return failure.reply
    except Exception as error:
        return Failure("EXECUTION_ERROR", str(error)).reply

# ws.ping, ws.dead-peer. While a reply waits to be taken a ping waits too, so that none is missed (ws.dead-peer-paused).
def keep_alive(ws, ended):
    pongs = []
    with contextlib.suppress(ConnectionClosed):
        while not ended.wait(PING_SECONDS):
            if len(pongs) == 2 and not any(pong.is_set() for pong in pongs):
                return ws.close_socket()
            pongs = [*pongs[-1:], ws.ping()]

# session.capacity, session.attach-unknown, error.capacity-details, ws.refuse-capacity, ws.refuse-session
def refusal(session, query):
    """Takes a slot for the session. Where it gets none: the reason, and the code to close with."""
    with SLOTS:
        if "session_id" in parse_qs(query, keep_blank_values=True):
            return Failure("SESSION_ERROR", "no such session").reply, 1008
        if len(SESSIONS) >= MAX_SESSIONS:
            return Failure("CAPACITY_REACHED", "full", active_sessions=len(SESSIONS), max_sessions=MAX_SESSIONS).reply, 1013
        SESSIONS.add(session)

# ws.session-per-socket, ws.reply-order, ws.one-at-a-time (read, answer, send, read again), ws.close-code, ws.gone, session.socket-end,
# ws.refuse-error, ws.refuse-wait, ws.refuse-close
def serve_socket(ws, query):
    session, ended = Session(), threading.Event()
    threading.Thread(target=keep_alive, args=(ws, ended), daemon=True).start()
    SOCKETS.add(ws)
    with contextlib.suppress(ConnectionClosed):
        if refused := refusal(session, query):
            ws.send(json.dumps(refused[0]))
            with contextlib.suppress(TimeoutError):
                ws.recv(timeout=REFUSAL_SECONDS)
            ws.close(refused[1])
        while (text := ws.recv()) is not None and ws.state is State.OPEN and (reply := answer(session, text)):
            ws.send(json.dumps(reply))
        SESSIONS.discard(session)  # before the client can know of it, and connect again
        ws.close(1000)
    SESSIONS.discard(session)
    SOCKETS.discard(ws)
    ended.set()

METADATA = {"name": "guess", "description": "Guess a number between 1 and 100.", "readme_content": None, "version": "1.0.0", "author": None,
            "documentation_url": None, "mode": "simulation", "protocol_revision": "2026-11"}
INTEGER, GUESS, OBJECT = {"type": "integer"}, {"type": "integer", "minimum": 1, "maximum": 100}, {"type": "object"}
SCHEMAS = {
    "action": OBJECT | {"required": ["guess"], "properties": {"guess": GUESS, "metadata": OBJECT}, "additionalProperties": False},
    "observation": OBJECT | {"required": ["hint"], "properties": {"hint": {"enum": ["start", "higher", "lower", "found"]}}},
    "state": OBJECT | {"required": ["episode_id", "step_count"], "properties": {"step_count": INTEGER, "guesses": INTEGER}}}
OPENAPI = {"openapi": "3.1.0", "info": {"title": "guess", "version": "1.0.0"}, "paths": {
    path: {"get": {"responses": {"200": {"description": "OK"}}}} for path in ("/health", "/metadata", "/schema", "/openapi.json")}}
ROUTES = {
    "/ws": ("GET", None),
    "/health": ("GET", lambda _: {"status": "healthy", "active_sessions": len(SESSIONS), "max_sessions": MAX_SESSIONS}),
    "/metadata": ("GET", lambda _: METADATA), "/schema": ("GET", lambda _: SCHEMAS), "/openapi.json": ("GET", lambda _: OPENAPI),
    "/mcp": ("POST", lambda body: answer_rpc(read_json(body)))}  # rpc.endpoint, rpc.status, rpc.content-type
LOOPBACK = re.compile(r"([^:/@]+\.)?localhost(:\d+)?|127(\.\d{1,3}){3}(:\d+)?|\[::1\](:\d+)?", re.IGNORECASE)

class Door(BaseHTTPRequestHandler):
    protocol_version = default_request_version = "HTTP/1.1"  # http.version, http.keep-alive
    timeout = REQUEST_SECONDS  # security.slow-request
    log_message = lambda *_: None

    def __getattr__(self, name):
        if name.startswith("do_"):  # one method for all methods of HTTP
            return self.serve
        raise AttributeError(name)

    # browser.origin, browser.host, browser.every-route, http.not-found, http.path-exact, http.method, ws.unknown-path, ws.no-upgrade
    def status(self, upgrade):
        host, origin = self.headers.get_all("host", []), self.headers.get("origin")
        if len(host) != 1:
            return 400
        if not LOOPBACK.fullmatch(host[0]) or origin is not None and origin.lower().partition("://")[2] != host[0].lower():
            return 403
        if self.route not in ROUTES or upgrade and self.route != "/ws":
            return 404
        if self.command != ROUTES[self.route][0]:
            return 405
        return 101 if upgrade else 400 if self.route == "/ws" else 200

    # browser.upgrade (first all checks, then the handshake), ws.compression, ws.subprotocol (the handshake knows none), ws.size-close
    def serve(self):
        self.route, _, query = self.requestline.split()[1].partition("?")  # in self.path, //health has become /health
        status = self.status(self.headers.get("upgrade", "").lower() == "websocket")
        try:
            body = self.read_body()
        except ValueError as error:
            return self.send_error(413 if error.args == (413,) else 400)  # http.body-limit
        if status == 200:
            return self.tell(200, ROUTES[self.route][1](body))
        if status == 101:
            handshake = ServerProtocol().accept(Request(self.path, Headers(self.headers.items())))
            status = handshake.status_code
        if status != 101:
            return self.tell(status, {"detail": HTTPStatus(status).phrase})
        self.wfile.write(handshake.serialize())
        self.close_connection = True
        self.connection.settimeout(None)
        protocol = ServerProtocol(state=State.OPEN, max_size=MAX_BYTES)
        serve_socket(Connection(self.connection, protocol, ping_interval=None, max_queue=32), query)

    # http.version: a body has a length, or comes in chunks.
    def read_body(self):
        if "transfer-encoding" not in self.headers:
            return self.read_bytes(int(self.headers.get("content-length", "0")))
        body = b""
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            body += self.read_bytes(size, len(body))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return body

    def read_bytes(self, size, before=0):
        if size < 0 or before + size > MAX_BYTES:
            raise ValueError(413 if size > 0 else "a length below 0")
        return self.rfile.read(size)

    # http.json, http.error-shape, http.allow
    def tell(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        if status == 405:
            self.send_header("Allow", ROUTES[self.route][0])
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else text)

    def send_error(self, status, *_):
        self.close_connection = True
        self.tell(status, {"detail": HTTPStatus(status).phrase})

# security.loopback, ws.shutdown-close
def main():
    parser = argparse.ArgumentParser(description="An OpenEnv server: guess a number between 1 and 100.")
    parser.add_argument("--port", type=int, default=8000, help="where to listen; 0 takes any free port (default: 8000)")
    ThreadingHTTPServer.request_queue_size = 128
    with ThreadingHTTPServer(("127.0.0.1", parser.parse_args().port), Door) as server, contextlib.suppress(KeyboardInterrupt):
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
        server.serve_forever()
    for ws in list(SOCKETS):
        threading.Thread(target=ws.close, args=(1012,)).start()

if __name__ == "__main__":
    main()

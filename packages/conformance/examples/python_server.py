"""An OpenEnv server, revision 2026-11, in Python 3.11 and `websockets`: the environment of spec/stories.md, the WebSocket at /ws, the
routes that tell of the server, and what protects both from web pages. The ids in the comments are those of the requirements in spec/.

Left out: tools, everything at /mcp, POST /reset and /step, GET /state (so no session outlives its socket), production mode.
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

    # episode.action-schema, episode.action-strict, episode.action-metadata, episode.auto-reset, episode.step-count, episode.step-count-failed
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

    # ws.mcp-invalid, rpc.extra-keys, rpc.response-id-null, rpc.method-unknown, rpc.no-tools, rpc.socket-create, rpc.socket-close-own
    def mcp(self, request):
        id, method, params = request.get("id"), request.get("method"), request.get("params", {})
        if (request.get("jsonrpc") != "2.0" or not isinstance(method, str) or not isinstance(params, dict) or
                type(id) not in (str, type(None)) and not is_integer(id) or request.keys() - {"jsonrpc", "id", "method", "params"}):
            id, code, text = None, -32600, "this is no request of JSON-RPC 2.0"
        elif method == "openenv/session/create":
            return {"type": "mcp", "data": {"jsonrpc": "2.0", "id": id, "result": {"session_id": self.id}}}
        elif method == "openenv/session/close":
            own = params.get("session_id") == self.id
            code, text = (-32600, "a socket does not close its own session") if own else (-32602, "session_id names no session")
        elif method == "tools/call" and not (isinstance(params.get("name"), str) and isinstance(params.get("arguments", {}), dict)):
            code, text = -32602, "name must be a string, and arguments an object"
        elif method in ("tools/list", "tools/call"):
            code, text = -32603, "this environment has no tools"
        else:
            code, text = -32601, f"unknown method: {method[:100]}"
        return {"type": "mcp", "data": {"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": text, "data": None}}}

# json.no-literals, json.deep-harmless: Python's own reader takes NaN, refuses long integers, and runs out of stack in deep texts.
def read_json(text):
    def literal(word):
        raise ValueError(f"{word} is not JSON")
    return json.loads(text, parse_constant=literal, parse_int=lambda digits: int(digits) if len(digits) < 400 else float(digits))

KEYS = {"reset": ([], ["data"]), "step": (["data"], []), "state": ([], []), "close": ([], []), "mcp": (["data"], [])}

# ws.invalid-json, ws.binary, ws.not-object, ws.unknown-type, ws.message-schema, error.execution-text, error.no-trace, security.echo-short
def answer(session, text):
    """The reply to one message; None to a valid `close`."""
    try:
        message = read_json(text if isinstance(text, str) else "")
        kind = message.get("type") if isinstance(message, dict) else None
        require(isinstance(message, dict), [], "must be an object")
        if not isinstance(kind, str) or kind not in KEYS:
            raise Failure("UNKNOWN_TYPE", f"unknown type: {kind[:100]}" if isinstance(kind, str) else "a message has a type")
        required, optional = KEYS[kind]
        require_object(message, [], ["type", *required], optional)
        require(isinstance(message.get("data", {}), dict), ["data"], "must be an object")
        return None if kind == "close" else getattr(session, kind)(message.get("data", {}))
    except Failure as failure:
        return failure.reply
    except (ValueError, RecursionError) as error:
        return Failure("INVALID_JSON", f"not JSON text: {error}").reply
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
def open_session(session, query):
    """Takes a slot. Where that fails, the failure and the code to close with."""
    with SLOTS:
        if "session_id" in parse_qs(query, keep_blank_values=True):
            return Failure("SESSION_ERROR", "no such session"), 1008
        if len(SESSIONS) >= MAX_SESSIONS:
            return Failure("CAPACITY_REACHED", "full", active_sessions=len(SESSIONS), max_sessions=MAX_SESSIONS), 1013
        SESSIONS.add(session)
    return None, 1000

# ws.session-per-socket, ws.reply-order, ws.one-at-a-time (read, answer, send, read again), ws.close-code, ws.gone, session.socket-end,
# ws.refuse-error, ws.refuse-wait, ws.refuse-close
def serve_socket(ws, query):
    session, ended = Session(), threading.Event()
    threading.Thread(target=keep_alive, args=(ws, ended), daemon=True).start()
    SOCKETS.add(ws)
    with contextlib.suppress(ConnectionClosed, TimeoutError):
        refusal, code = open_session(session, query)
        if refusal:
            ws.send(json.dumps(refusal.reply))
            with contextlib.suppress(TimeoutError):
                ws.recv(timeout=REFUSAL_SECONDS)
        while not refusal and (text := ws.recv()) is not None and ws.state is State.OPEN and (reply := answer(session, text)):
            ws.send(json.dumps(reply))
        SESSIONS.discard(session)  # before the client can know of it, and connect again
        ws.close(code)
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
ROUTES = {"/health": lambda: {"status": "healthy", "active_sessions": len(SESSIONS), "max_sessions": MAX_SESSIONS},
          "/metadata": lambda: METADATA, "/schema": lambda: SCHEMAS, "/openapi.json": lambda: OPENAPI, "/ws": None}
LOOPBACK = re.compile(r"([^:/@]+\.)?localhost(:\d+)?|127(\.\d{1,3}){3}(:\d+)?|\[::1\](:\d+)?", re.IGNORECASE)

class Door(BaseHTTPRequestHandler):
    protocol_version, timeout = "HTTP/1.1", REQUEST_SECONDS  # http.version, http.keep-alive, security.slow-request

    def __getattr__(self, name):
        if name.startswith("do_"):  # one method for all methods of HTTP
            return self.serve
        raise AttributeError(name)

    # browser.origin, browser.host, browser.every-route, http.not-found, http.path-exact, http.method, ws.unknown-path, ws.no-upgrade
    def status(self, path, upgrade):
        host, origin = self.headers.get("host", ""), self.headers.get("origin")
        if not LOOPBACK.fullmatch(host) or origin is not None and origin.lower().partition("://")[2] != host.lower():
            return 403
        if path not in ROUTES or upgrade and path != "/ws":
            return 404
        if self.command != "GET":
            return 405
        return 101 if upgrade else 426 if path == "/ws" else 200

    # browser.upgrade (first all checks, then the handshake), ws.compression, ws.subprotocol (the handshake knows none), ws.size-close
    def serve(self):
        path, _, query = self.requestline.split(" ")[1].partition("?")  # self.path has lost its second slash
        status = self.status(path, self.headers.get("upgrade", "").lower() == "websocket")
        self.skip_body()
        if status == 101:
            handshake = ServerProtocol().accept(Request(self.path, Headers(self.headers.items())))
            status = handshake.status_code
        if status != 101:
            return self.tell(status, ROUTES[path]() if status == 200 else {"detail": HTTPStatus(status).phrase})
        self.wfile.write(handshake.serialize())
        self.close_connection = True
        self.connection.settimeout(None)
        protocol = ServerProtocol(state=State.OPEN, max_size=MAX_BYTES)
        serve_socket(Connection(self.connection, protocol, ping_interval=None, max_queue=32), query)

    # No route takes a body, but the next request begins after it.
    def skip_body(self):
        if "transfer-encoding" in self.headers:
            while size := int(self.rfile.readline().partition(b";")[0], 16):
                self.rfile.read(size + 2)
            while self.rfile.readline().strip():
                pass
        self.rfile.read(int(self.headers.get("content-length", "0")))

    # http.json, http.error-shape, http.allow
    def tell(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        for name, value in (("Content-Type", "application/json"), ("Content-Length", str(len(text))), ("Allow", "GET"))[:3 if status == 405 else 2]:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else text)

    def send_error(self, status, *_):
        self.close_connection = True
        self.tell(status, {"detail": HTTPStatus(status).phrase})

    def log_message(self, *_):
        pass

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

"""Serves one fixture of fixtures.json on a loopback port: `serve.py NAME [PORT]`, PORT 0 or none for a free one.

Prints one line of JSON with the port once the port is bound, and serves until it is killed.
"""

import inspect
import json
import socket
import sys
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from openenv.core.env_server.http_server import HTTPEnvServer, create_app
from openenv.core.env_server.mcp_types import CallToolAction, CallToolObservation
from openenv.core.env_server.types import ConcurrencyConfig

# The modules beside this one leave no files there.
sys.dont_write_bytecode = True

from counter import Counter, CounterAction, CounterObservation, CounterState
from tools import Tools


def out_of_order() -> Counter:
    raise RuntimeError("the counter is out of order")


TYPED = (CounterAction, CounterObservation)
ENVIRONMENTS: dict[str, tuple[Any, ...]] = {
    "counter": (Counter, *TYPED),
    "tools": (Tools, CallToolAction, CallToolObservation),
    "out-of-order": (out_of_order, *TYPED),
}


def application(environment: str, capacity: int, mode: str = "simulation", idle_seconds: float | None = None) -> FastAPI:
    factory, action, observation = ENVIRONMENTS[environment]
    concurrency = ConcurrencyConfig(max_concurrent_envs=capacity, session_timeout=idle_seconds)
    known = inspect.signature(create_app).parameters
    options: dict[str, Any] = {"concurrency_config": concurrency}
    if "state_cls" in known and action is CounterAction:
        options["state_cls"] = CounterState
    if "mode" in known:
        return create_app(factory, action, observation, env_name=environment, mode=mode, **options)
    if mode == "simulation":
        return create_app(factory, action, observation, env_name=environment, **options)
    # Before 0.4, production mode was reached by registering the routes by hand.
    app = FastAPI(title="production", version="1.0.0")
    HTTPEnvServer(factory, action, observation, **options).register_routes(app, mode=mode)
    return app


def main() -> None:
    name, port = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0
    table = json.loads((Path(__file__).parent / "fixtures.json").read_text())
    app = application(**table["fixtures"][name]["server"])
    listening = socket.create_server(("127.0.0.1", port), backlog=256)
    print(json.dumps({"port": listening.getsockname()[1]}), flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listening])


if __name__ == "__main__":
    main()

"""Puts the GenericEnvClient of the Python package `openenv` behind the line protocol of the conformance suite.

One JSON command per line comes in on standard input, one JSON result per line goes out on standard output. Run it with

    openenv-conformance client --command "python python_client.py"
"""

import asyncio
import inspect
import json
import re
import sys
from typing import Any, Optional

from openenv.core.generic_client import GenericEnvClient

PARAMETERS = inspect.signature(GenericEnvClient.__init__).parameters
CODE = re.compile(r"\(code: ([A-Z_]+)\)$")


class Unsupported(Exception):
    """This client has no such feature."""


def client_options(command: dict[str, Any]) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if "session_id" in command:
        raise Unsupported("it cannot attach to a session")
    if "timeout_s" in command:
        options["connect_timeout_s"] = command["timeout_s"]
    if "bearer" in command:
        options["headers"] = {"Authorization": f"Bearer {command['bearer']}"}
    if "ping_interval_s" in command:
        options["websocket_ping_interval_s"] = command["ping_interval_s"]
    for name in options:
        if name not in PARAMETERS:
            raise Unsupported(f"this version has no {name}")
    return options


class Driver:
    def __init__(self) -> None:
        self.env: Optional[GenericEnvClient] = None

    def connected(self) -> GenericEnvClient:
        if self.env is None:
            raise ConnectionError("nothing is connected")
        return self.env

    async def connect(self, command: dict[str, Any]) -> dict[str, Any]:
        await self.close(command)
        env = GenericEnvClient(base_url=command["url"], **client_options(command))
        await env.connect()
        self.env = env
        return {}

    async def reset(self, command: dict[str, Any]) -> dict[str, Any]:
        return outcome(await self.connected().reset(**command["options"]))

    async def step(self, command: dict[str, Any]) -> dict[str, Any]:
        return outcome(await self.connected().step(command["action"]))

    async def state(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"state": await self.connected().state()}

    async def list_tools(self, _: dict[str, Any]) -> dict[str, Any]:
        result = await self.connected().step({"type": "list_tools"})
        return {"tools": result.observation["tools"]}

    async def call_tool(self, command: dict[str, Any]) -> dict[str, Any]:
        action = {"type": "call_tool", "tool_name": command["name"], "arguments": command["arguments"]}
        observation = (await self.connected().step(action)).observation
        error = observation.get("error")
        told = error and {"type": error["error_type"], "message": error["message"]}
        return {"data": observation.get("result"), "error": told}

    async def inspect(self, _: dict[str, Any]) -> dict[str, Any]:
        raise Unsupported("it asks for no metadata")

    async def close(self, _: dict[str, Any]) -> dict[str, Any]:
        env, self.env = self.env, None
        if env is not None:
            await env.close()
        return {}

    async def answer(self, command: dict[str, Any]) -> dict[str, Any]:
        carry_out = getattr(self, command["command"])(command)
        try:
            return {"ok": True, "result": await asyncio.wait_for(carry_out, command.get("timeout_s"))}
        except Exception as error:
            return {"ok": False, "error": failure(error)}


def outcome(result: Any) -> dict[str, Any]:
    told = {"observation": result.observation, "reward": result.reward, "done": result.done}
    if isinstance(result.reward, bool):
        told["reward"] = int(result.reward)  # True is 1 in Python; in JSON it would not be
    metadata = getattr(result, "metadata", None)
    return told if metadata is None else {**told, "metadata": metadata}


def failure(error: Exception) -> dict[str, Any]:
    message = f"{type(error).__name__}: {error}"
    if isinstance(error, Unsupported):
        return {"kind": "unsupported", "message": message}
    if isinstance(error, asyncio.TimeoutError):
        return {"kind": "timeout", "message": message}
    if isinstance(error, RuntimeError) and str(error).startswith("Server error:"):
        code = CODE.search(str(error))
        return {"kind": "protocol", "message": message, **({"code": code.group(1)} if code else {})}
    return {"kind": "transport", "message": message}


async def main() -> None:
    driver = Driver()
    loop = asyncio.get_running_loop()
    # In a thread of its own: the client must be able to answer pings meanwhile.
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        command = json.loads(line)
        result = {"id": command["id"], **await driver.answer(command)}
        sys.stdout.write(json.dumps(result) + "\n")
        sys.stdout.flush()
    await driver.close({})


asyncio.run(main())

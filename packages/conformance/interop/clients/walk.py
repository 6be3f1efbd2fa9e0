"""Drives an echo server and a coding server through every Python client, each in each of its ways.

Argument: {"echo": URL, "coding": URL, "full": URL, "task": {"reset": {...}, "oracle": [action, ...]}}. One line of JSON per way, with what it saw.
"""

import asyncio
import json
import sys
from collections.abc import Callable
from typing import Any

import requests
from openenv.auto import AutoEnv
from openenv.core.generic_client import GenericEnvClient
from openenv.core.mcp_client import MCPToolClient

ECHO = {"type": "call_tool", "tool_name": "echo_with_length", "arguments": {"message": "héllo"}}


def outcome(result: Any) -> dict[str, Any]:
    return {"observation": result.observation, "reward": result.reward, "done": result.done}


async def refusal(call: Any) -> str:
    try:
        await call
    except Exception as error:
        return str(error)
    return "no refusal"


async def generic_async(at: dict[str, Any]) -> dict[str, Any]:
    task = at["task"]
    async with GenericEnvClient(base_url=at["coding"]) as client:
        first = await client.reset(seed=7, episode_id="walk/1", **task["reset"])
        refused = await refusal(client.step({"cod": "print(1)"}))
        ran = await client.step({"code": "print(6 * 7)", "language": task["reset"]["language"]})
        state = await client.state()
        last = await client.step(task["oracle"][0])
        again = await client.reset(**task["reset"])
        return {
            "task": first.observation["task_id"],
            "refused": refused,
            "stdout": ran.observation.get("stdout"),
            "state": {key: state[key] for key in ("episode_id", "step_count", "task_id")},
            "last": {"reward": last.reward, "done": last.done},
            "again": again.done,
        }


def generic_sync(at: dict[str, Any]) -> dict[str, Any]:
    with GenericEnvClient(base_url=at["echo"]).sync() as client:
        first = client.reset(episode_id="walk/2", difficulty="hard")
        called = client.step(ECHO)
        state = client.state()
    return {"first": outcome(first), "called": called.observation["result"]["data"], "state": state}


async def tools(client: MCPToolClient) -> dict[str, Any]:
    async with client:
        await client.reset(seed=1)
        listed = await client.list_tools()
        said = await client.call_tool("echo_message", message="hello")
        measured = await client.call_tool("echo_with_length", message="hello")
        unknown = await refusal(client.call_tool("shout", message="hello"))
        state = await client.state()
    return {
        "listed": [[tool.name, tool.description, sorted(tool.input_schema["properties"])] for tool in listed],
        "said": said,
        "measured": measured,
        "unknown": "shout" in unknown,
        "steps": state.step_count,
    }


def as_actions(at: dict[str, Any]) -> Any:
    client = MCPToolClient(base_url=at["echo"])
    client.use_production_mode = False
    return tools(client)


def over_http(at: dict[str, Any]) -> Any:
    client = MCPToolClient(base_url=at["echo"])
    client.use_production_mode = True
    return tools(client)


def tools_sync(at: dict[str, Any]) -> dict[str, Any]:
    with MCPToolClient(base_url=at["echo"]).sync() as client:
        client.reset()
        return {"listed": len(client.list_tools()), "said": client.call_tool("echo_message", message="hello")}


def auto(at: dict[str, Any]) -> dict[str, Any]:
    found = AutoEnv.from_env("echo", base_url=at["echo"], skip_install=True)
    with found.sync() as client:
        return {"client": type(found).__name__, "first": outcome(client.reset())}


async def refused(at: dict[str, Any]) -> dict[str, Any]:
    async with GenericEnvClient(base_url=at["full"]) as client:
        return {"refused": await refusal(client.reset())}


def verifier(client: Any, url: str, reset: dict[str, Any], actions: list[dict[str, Any]]) -> dict[str, Any]:
    """Reads the schema, lists tools before the first reset, and adds up rewards until the episode is done."""
    action = requests.get(f"{url}/schema", timeout=10).json()["action"]
    has_tools = action.get("properties", {}).get("type", {}).get("const") == "call_tool"
    listed = client.step({"type": "list_tools"}).observation["tools"] if has_tools else []
    result = client.reset(**reset)
    total = 0.0
    for action in actions:
        result = client.step(action)
        total += float(result.reward or 0)
        if result.done:
            break
    steps = client.state()["step_count"]
    return {"tools": [tool["name"] for tool in listed], "total": total, "done": result.done, "steps": steps}


def verifiers(at: dict[str, Any]) -> dict[str, Any]:
    task = at["task"]
    ways = {"echo": ({"seed": 3}, [ECHO, ECHO]), "coding": ({"seed": 3, **task["reset"]}, task["oracle"] * 2)}
    seen = {}
    for name, (reset, actions) in ways.items():
        with GenericEnvClient(base_url=at[name]).sync() as client:
            seen[name] = verifier(client, at[name], reset, actions)
    return seen


WAYS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "GenericEnvClient, async": generic_async,
    "GenericEnvClient, sync": generic_sync,
    "MCPToolClient, tools as actions": as_actions,
    "MCPToolClient, tools over POST /mcp": over_http,
    "MCPToolClient, sync": tools_sync,
    "AutoEnv with base_url": auto,
    "a server without a free slot": refused,
    "in the order of verifiers": verifiers,
}


def main() -> None:
    at = json.loads(sys.argv[1])
    for way, walk in WAYS.items():
        saw = walk(at)
        print(json.dumps({"way": way, "saw": asyncio.run(saw) if asyncio.iscoroutine(saw) else saw}), flush=True)


main()

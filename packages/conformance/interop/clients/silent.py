"""Holds sessions as a trainer does: one client per rollout, silent between two steps until a line comes in.

Argument: {"url": URL, "instances": n}. Half of them are GenericEnvClient, half MCPToolClient.
"""

import json
import sys
from typing import Any

from openenv.core.generic_client import GenericEnvClient
from openenv.core.mcp_client import MCPToolClient


def speak(client: Any, number: int) -> str:
    if isinstance(client.async_client, MCPToolClient):
        return client.call_tool("echo_message", message=f"I am {number}")
    action = {"type": "call_tool", "tool_name": "echo_message", "arguments": {"message": f"I am {number}"}}
    return client.step(action).observation["result"]["data"]


def main() -> None:
    job = json.loads(sys.argv[1])
    kinds = (GenericEnvClient, MCPToolClient)
    clients = [kinds[number % 2](base_url=job["url"]).sync() for number in range(job["instances"])]
    for number, client in enumerate(clients):
        client.reset(episode_id=f"rollout/{number}")
        speak(client, number)
    print(json.dumps({"silent": len(clients)}), flush=True)
    sys.stdin.readline()
    went_on = sum(speak(client, number) == f"I am {number}" for number, client in enumerate(clients))
    states = [client.state() for client in clients]
    seen = [state if isinstance(state, dict) else state.model_dump() for state in states]
    same = sum(
        (state["episode_id"], state["step_count"]) == (f"rollout/{number}", 2) for number, state in enumerate(seen)
    )
    for client in clients:
        client.close()
    print(json.dumps({"went on": went_on, "in the same episode": same}))


main()

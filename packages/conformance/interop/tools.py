"""An environment of tools, on FastMCP: two that echo, one that raises, one that takes its time."""

import asyncio
from typing import Any, Optional
from uuid import uuid4

from fastmcp import FastMCP
from openenv.core.env_server.mcp_environment import MCPEnvironment
from openenv.core.env_server.types import Action, Observation, State


def build() -> FastMCP:
    mcp = FastMCP("tools")

    @mcp.tool
    def echo_message(message: str) -> str:
        """Echo back the provided message."""
        return message

    @mcp.tool
    def echo_with_length(message: str) -> dict:
        """Echo back the message with its length."""
        return {"message": message, "length": len(message)}

    @mcp.tool
    def fail(reason: str) -> str:
        """Always fails, for the reason that it is given."""
        raise RuntimeError(reason)

    @mcp.tool
    async def wait(seconds: float) -> float:
        """Answers after that many seconds."""
        await asyncio.sleep(seconds)
        return seconds

    return mcp


class Tools(MCPEnvironment):
    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(self) -> None:
        super().__init__(build())
        self._state = State()

    def reset(self, seed: Optional[int] = None, episode_id: Optional[str] = None, **_: Any) -> Observation:
        self._state = State(episode_id=episode_id or str(uuid4()))
        return Observation(metadata={"status": "ready"})

    # A socket calls the second, an HTTP request the first; neither calls the other.
    def step(self, action: Action, **options: Any) -> Observation:
        self._state.step_count += 1
        return super().step(action, **options)

    async def step_async(self, action: Action, **options: Any) -> Observation:
        self._state.step_count += 1
        return await super().step_async(action, **options)

    def _step_impl(self, action: Action, **_: Any) -> Observation:
        raise RuntimeError(f"not a tool action: {type(action).__name__}")

    @property
    def state(self) -> State:
        return self._state

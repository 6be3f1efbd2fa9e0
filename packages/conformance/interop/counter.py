"""A typed environment: it counts. What an action asks for in `outcome` shows how a server carries each kind of outcome."""

import time
from typing import Any, Literal, Optional

from openenv.core.env_server.interfaces import Environment
from openenv.core.env_server.types import Action, Observation, State
from pydantic import Field

MAX_LETTERS = 24 * 2**20
ENOUGH = 1000


class CounterAction(Action):
    add: int = Field(ge=-100, le=100)
    outcome: Literal[
        "answer", "metadata", "wait", "finish", "raise", "validate", "nan", "true", "mismatch", "object"
    ] = "answer"
    letters: int = Field(default=0, ge=0, le=MAX_LETTERS)


class CounterObservation(Observation):
    count: int
    text: str = ""


class CounterState(State):
    count: int = 0
    seed: Optional[int] = None


class Counter(Environment):
    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(self) -> None:
        super().__init__()
        self._state = CounterState()

    def reset(self, seed: Optional[int] = None, episode_id: Optional[str] = None, start: int = 0) -> CounterObservation:
        if start < 0:
            raise RuntimeError("cannot start below zero")
        self._state = CounterState(episode_id=episode_id, seed=seed, count=start)
        return CounterObservation(count=start)

    def step(self, action: CounterAction, **_: Any) -> CounterObservation:
        if action.outcome == "raise":
            raise RuntimeError("the counter is stuck")
        if action.outcome == "validate":
            CounterState.model_validate({"count": "not a number"})
        if action.outcome == "wait":
            time.sleep(0.7)
        self._state.count += action.add
        self._state.step_count += 1
        return self._observe(action)

    def _observe(self, action: CounterAction) -> CounterObservation:
        count = self._state.count
        if action.outcome == "mismatch":
            return CounterObservation.model_construct(count="many", text="", reward=None, done=False, metadata={})
        if action.outcome == "object":
            return CounterObservation.model_construct(count=count, text=object(), reward=None, done=False, metadata={})
        rewards = {"nan": float("nan"), "true": True}
        return CounterObservation(
            count=count,
            text="ä" * action.letters,
            reward=rewards.get(action.outcome, action.add / 2),
            done=action.outcome == "finish" or count >= ENOUGH,
            metadata={"doubled": count * 2} if action.outcome == "metadata" else {},
        )

    @property
    def state(self) -> CounterState:
        return self._state

"""The game as Python's openenv serves it. Prints its address."""

import socket

import uvicorn
from openenv.core.env_server import Action, Environment, Observation, State, create_app
from pydantic import BaseModel


class GameAction(Action):
    choice: int
    text: str


class Item(BaseModel):
    id: int
    label: str
    x: float
    y: float
    visible: bool


class GameObservation(Observation):
    turn: int
    choice: int
    hint: str
    items: list[Item]


ITEMS = [Item(id=0, label="item 0", x=0.0, y=0.5, visible=True), Item(id=1, label="item 1", x=0.125, y=0.5, visible=False)]


class Game(Environment):
    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(self):
        super().__init__()
        self.turn = 0

    def play(self, choice):
        turn = self.turn
        self.turn += 1
        reward = 1 if choice == 1 else 0
        return GameObservation(
            turn=turn, choice=choice, hint="you see nothing special", items=ITEMS, reward=reward, done=False
        )

    def reset(self, seed=None, episode_id=None):
        return self.play(0)

    def step(self, action):
        return self.play(action.choice)

    @property
    def state(self):
        return State(step_count=self.turn)


app = create_app(Game, GameAction, GameObservation, env_name="game", max_concurrent_envs=10_000)

listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="error")).run(sockets=[listener])

"""Plays many episodes with many clients at once.

Argument: {"url": URL, "clients": n, "episodes": n for each, "reset": {...}, "actions": [...]}. Prints one line of JSON with sums.
"""

import asyncio
import json
import sys
from typing import Any

from openenv.core.generic_client import GenericEnvClient


async def play(job: dict[str, Any], number: int) -> dict[str, int]:
    sums = {"episodes": 0, "steps": 0, "done": 0, "rewards": 0, "mixed up": 0}
    async with GenericEnvClient(base_url=job["url"]) as client:
        for episode in range(job["episodes"]):
            name = f"{number}/{episode}"
            await client.reset(seed=episode, episode_id=name, **job["reset"])
            for action in job["actions"]:
                result = await client.step(action)
                sums["steps"] += 1
                sums["rewards"] += int(result.reward or 0)
            state = await client.state()
            sums["mixed up"] += (state["episode_id"], state["step_count"]) != (name, len(job["actions"]))
            sums["done"] += result.done
            sums["episodes"] += 1
    return sums


async def main() -> None:
    job = json.loads(sys.argv[1])
    sums = await asyncio.gather(*(play(job, number) for number in range(job["clients"])))
    print(json.dumps({key: sum(one[key] for one in sums) for key in sums[0]}))


asyncio.run(main())

# SPDX-License-Identifier: BSL-1.0
"""A flow that asks an actor of Ray about each of its records, without waiting for it.

    python ask_a_model.py PROGRAM [READINGS [TRIES]]

PROGRAM is examples/ask_a_model.cpp, built. The model here is a few lines of Python; it stands for one that needs a GPU
(`@ray.remote(num_gpus=1)`), which Ray finds a node for. When the actor dies, Ray starts it again once; the records that it
had fail, or are asked about again where TRIES is more than 1.
"""
from __future__ import annotations

import sys

import leat_ray
import ray


@ray.remote(max_restarts=1)
class Model:
    """Says how far a value is from those that it has seen before of that metric."""

    def __init__(self) -> None:
        self._seen: dict[str, list[float]] = {}

    def score(self, reading: tuple[str, float]) -> float | None:
        metric, value = reading
        seen = self._seen.setdefault(metric, [])
        mean = sum(seen) / len(seen) if seen else None
        seen.append(value)
        return None if mean is None else abs(value - mean)


def main() -> int:
    if len(sys.argv) < 2:
        print("which program? Build it (ninja -C build examples/ask_a_model) and name it: "
              "python ask_a_model.py build/examples/ask_a_model", file=sys.stderr)
        return 2
    ray.init(log_to_driver=False)
    model = Model.remote()
    with leat_ray.Bridge({"score": model.score}) as bridge:
        return leat_ray.run(sys.argv[1:], procs=2, workers=1, bridge=bridge).status


if __name__ == "__main__":
    sys.exit(main())

# SPDX-License-Identifier: BSL-1.0
"""A first flow on Ray: the anomaly detector in two processes, each beside a Ray actor.

    python anomaly_detector.py PROGRAM [ARGUMENT ...]

PROGRAM is examples/anomaly_detector.cpp, built. Whoever has run Bytewax on Ray has written this himself:

    addresses = ["localhost:2101", "localhost:2102"]
    actors = [BytewaxWorker.remote(flow, i, addresses) for i in range(2)]    # run() calls cli_main(flow, ...)
    ray.get([actor.run.remote() for actor in actors])

`leat_ray.run` stands for all of it. The actors are the package's: each starts the program as a child, so nobody chooses
ports, and a process that dies ends the others, or has all started again (`limits=leat_ray.Limits(restarts=1)`).

Two things can be seen in what is printed:
  - `redistribute` deals the readings out, so the lines of its `inspect_debug` ("anomaly_detector.dist") come from both
    processes, for each metric;
  - the detector keeps state by key, and a key has one owner: all lines of one metric come from one process
    (that of another metric may be the same).
"""
from __future__ import annotations

import collections
import re
import sys

import leat_ray

#: Who printed the lines of each kind: {"dealt" or "detected": {metric: {process: lines}}}.
seen: dict[str, dict[str, collections.Counter[int]]] = {
    kind: collections.defaultdict(collections.Counter) for kind in ("dealt", "detected")}


def show(process: int, name: str, line: bytes) -> None:
    text = line.decode(errors="replace")
    print(f"[process {process}] {text}", file=sys.stderr if name == "stderr" else sys.stdout, flush=True)
    dealt = re.match(r"anomaly_detector\.dist .*\((\w+), ", text)
    detected = re.match(r"(\w+): value = ", text)
    if dealt:
        seen["dealt"][dealt[1]][process] += 1
    elif detected:
        seen["detected"][detected[1]][process] += 1


def main() -> int:
    if len(sys.argv) < 2:
        print("which program? Build it (ninja -C build examples/anomaly_detector) and name it: "
              "python anomaly_detector.py build/examples/anomaly_detector", file=sys.stderr)
        return 2
    result = leat_ray.run(sys.argv[1:], procs=2, workers=1, on_line=show)
    for kind, metrics in seen.items():
        for metric, lines in sorted(metrics.items()):
            print(f"{metric}: {kind} by", ", ".join(f"process {k} ({n} times)" for k, n in sorted(lines.items())))
    if result.failure is not None:
        print(f"process {result.failure.process} failed: {result.failure.exit.sentence}", file=sys.stderr)
    return result.status


if __name__ == "__main__":
    sys.exit(main())

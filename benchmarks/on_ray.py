# SPDX-License-Identifier: BSL-1.0
"""on_ray.py BUILD: what it costs to have Ray start two processes, in a Python that has the package ray.

Start-up: a short word count by `-p 2`, by leat_ray without Ray, and by leat_ray on Ray, beside a program of Ray's that
does nothing but what leat_ray asks of it: two places, an actor in each, one call of each. The difference is leat_ray's.
Throughput: the exchange of cluster_exchange between two processes that leat_ray has started, and between the same two
started by hand, with a secret like those.

BUILD is a build directory that has examples/wordcount and benchmarks/cluster_exchange. Medians, in turn with each other.
"""
import os
import re
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RAY_ALONE = """
import os, ray
ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
from ray.util.placement_group import placement_group
from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy as At
places = placement_group([{"CPU": 1}] * 2, strategy="SPREAD")
ray.get(places.ready())
@ray.remote
class Actor:
    async def call(self): pass
actors = [Actor.options(num_cpus=1, max_concurrency=16, scheduling_strategy=At(places, placement_group_bundle_index=i)).remote()
          for i in range(2)]
ray.get([actor.call.remote() for actor in actors])
ray.shutdown()
"""
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "deploy" / "ray"), "RAY_USAGE_STATS_ENABLED": "0"}


def output_of(*command):
    done = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}: {done.stderr}")
    return done.stdout


def seconds_of(*command):
    begin = time.monotonic()
    output_of(*command)
    return time.monotonic() - begin


def in_turn(rounds, measures):
    """{name: its numbers} of so many rounds of all of them."""
    numbers = {name: [] for name in measures}
    for _ in range(rounds):
        for name, measure in measures.items():
            numbers[name].append(measure())
    return numbers


def launcher(*options):
    return (sys.executable, "-m", "leat_ray", "--procs", "2", *options, "--")


def start_up(build, rounds=5):
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder, "text")
        text.write_text("a few words, and a few more\n")
        program = (str(build / "examples" / "wordcount"), str(text))
        numbers = in_turn(rounds, {
            "the program, -p 2": lambda: seconds_of(*program, "-p", "2"),
            "leat_ray --backend local": lambda: seconds_of(*launcher("--backend", "local"), *program),
            "Ray alone": lambda: seconds_of(sys.executable, "-c", RAY_ALONE),
            "leat_ray on Ray": lambda: seconds_of(*launcher("--address", "local"), *program),
        })
    print(f"start to end of a word count of one line, seconds, medians of {rounds}:")
    for name, each in numbers.items():
        print(f"  {name:28} {statistics.median(each):6.2f}  [{min(each):.2f}, {max(each):.2f}]")
    ours = statistics.median(numbers["leat_ray on Ray"]) - statistics.median(numbers["Ray alone"])
    print(f"  {'of which leat_ray':28} {ours:6.2f}  goal 1: {'met' if ours < 1 else 'MISSED'}")


def free_addresses():
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    addresses = [f"127.0.0.1:{each.getsockname()[1]}" for each in held]
    for each in held:
        each.close()
    return addresses


def slower(printed):
    """Of both processes, in records for each nanosecond."""
    return 1 / max(map(float, re.findall(r"([\d.]+) ns a record", printed)))


def by_hand(program):
    with tempfile.NamedTemporaryFile("w") as secret:
        secret.write(secrets.token_hex(32))
        secret.flush()
        shared = ["-a", ";".join(free_addresses()), f"--secret-file={secret.name}"]
        both = [subprocess.Popen([*program, "-i", str(i), *shared], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                for i in range(2)]
        printed = [each.communicate() for each in both]
    if any(each.returncode != 0 for each in both):
        sys.exit(f"{program[0]} fails: {printed}")
    return slower("".join(out for out, _ in printed))


def throughput(build, rounds=9):
    program = (str(build / "benchmarks" / "cluster_exchange"), "--one")
    numbers = in_turn(rounds, {
        "two processes by hand": lambda: by_hand(program),
        "the same by leat_ray on Ray": lambda: slower(output_of(*launcher("--address", "local"), *program)),
    })
    hand, ray = numbers.values()
    print(f"exchange of u64, records a nanosecond of each process, medians of {rounds}:")
    for name, each in numbers.items():
        print(f"  {name:28} {statistics.median(each):6.3f}  [{min(each):.3f}, {max(each):.3f}]")
    share = statistics.median(r / h for r, h in zip(ray, hand))
    print(f"  {'share':28} {share:6.2f}  goal 0.95: {'met' if share >= 0.95 else 'MISSED'}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print(f"load before: {os.getloadavg()[0]:.1f}")
    start_up(Path(sys.argv[1]).resolve())
    throughput(Path(sys.argv[1]).resolve())
    print(f"load after: {os.getloadavg()[0]:.1f}")

# SPDX-License-Identifier: BSL-1.0
"""python -m leat_ray: runs a leat program as one cluster of processes that Ray places and watches."""
from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import signal
import sys

from . import _report as report
from .child import Program, ShippedFile
from .cluster import Backend, Cluster, Result
from .lifecycle import LOST, USAGE, Limits
from .recovery import directory_of

STRATEGIES = ("SPREAD", "STRICT_SPREAD", "PACK", "STRICT_PACK")


def arguments(given: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m leat_ray", description=__doc__,
                                     usage="%(prog)s [OPTION ...] -- PROGRAM [ARGUMENT ...]")
    parser.add_argument("--procs", type=at_least(1), default=1, metavar="N", help="processes of the cluster; 1 unless said")
    parser.add_argument("--workers", type=at_least(1), default=1, metavar="N",
                        help="workers of each, and CPUs that each asks for; 1 unless said")
    parser.add_argument("--backend", choices=("ray", "local"), default="ray",
                        help="who runs them: Ray, or this machine by itself")
    parser.add_argument("--address", metavar="ADDRESS",
                        help="of the Ray cluster; RAY_ADDRESS, one that runs here, or a new one, unless said; local: a new one")
    parser.add_argument("--strategy", choices=STRATEGIES, default="SPREAD", help="how Ray places them; SPREAD unless said")
    parser.add_argument("--resources", metavar="NAME=NUMBER", action="append", default=[], type=resource,
                        help="what each process needs besides its CPUs; several times for several")
    parser.add_argument("--ship", action="store_true",
                        help="bring the program to the nodes: it is run in a directory that has it and the files of --with")
    parser.add_argument("--with", dest="shipped", metavar="FILE", action="append", default=[],
                        help="a file that is brought along; several times for several")
    parser.add_argument("--max-restarts", type=at_least(0), default=0, metavar="N",
                        help="how often all are started again when one fails; 0 unless said")
    parser.add_argument("--stop-timeout", type=seconds, default=10.0, metavar="SECONDS",
                        help="from SIGTERM to SIGKILL; 10 unless said")
    parser.add_argument("--start-timeout", type=seconds, default=60.0, metavar="SECONDS",
                        help="how long the places and the processes may take to be there; 60 unless said")
    parser.add_argument("--no-directory-check", dest="directory_check", action="store_false",
                        help="do not look whether the program's recovery directory (-r) is the same for all processes")
    parser.add_argument("program", nargs="+", metavar="PROGRAM", help="the program, and its own arguments behind it")
    if "--" not in given and not {"-h", "--help"} & set(given):
        parser.error("the program stands behind --: python -m leat_ray --procs 2 -- ./my_flow file.csv")
    asked = parser.parse_args(given)
    if asked.shipped and not asked.ship:
        parser.error("--with brings files along with --ship only")
    return asked


def at_least(least: int):
    def number(text: str) -> int:
        value = int(text)
        if value < least:
            raise argparse.ArgumentTypeError(f"{value} is too few: {least} at least")
        return value

    return number


def seconds(text: str) -> float:
    value = float(text)
    if not 0 < value < 1e9:
        raise argparse.ArgumentTypeError(f"{text} is no number of seconds that can be waited for")
    return value


def resource(text: str) -> tuple[str, float]:
    name, equals, number = text.partition("=")
    if not (name and equals):
        raise argparse.ArgumentTypeError(f"{text} is not NAME=NUMBER")
    return name, float(number)


def shipped(asked: argparse.Namespace) -> tuple[ShippedFile, ...]:
    if not asked.ship:
        return ()
    program = shutil.which(asked.program[0]) or asked.program[0]
    return tuple(map(ShippedFile.read, (program, *asked.shipped)))


def print_line(process: int, name: str, line: bytes) -> None:
    """Past the interpreter's own buffers, since it may end while whoever reads has stopped reading."""
    left = memoryview(b"[process %d] %s\n" % (process, line))
    while left:
        left = left[os.write(2 if name == "stderr" else 1, left):]


async def run(backend: Backend, asked: argparse.Namespace) -> Result:
    sys.stdout = sys.stderr  # what Ray says of itself is no output of the program
    limits = Limits(restarts=asked.max_restarts, announce=asked.start_timeout, stop=asked.stop_timeout)
    program = Program(tuple(asked.program), asked.workers, shipped=shipped(asked))
    cluster = Cluster(backend, program, asked.procs, limits, print_line, report)
    stops = 0

    def stop() -> None:
        nonlocal stops
        stops += 1
        cluster.stop(at_once=stops > 1)

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    return await cluster.run()


def tell(result: Result) -> None:
    failure = result.failure
    if failure is None:
        return
    again = f", in the last of {result.restarts + 1} runs" if result.restarts else ""
    report(f"process {failure.process} failed{again}: {failure.exit.sentence}")
    if failure.exit.last_lines:
        report("its last lines:")
        for line in failure.exit.last_lines:
            print(f"  {line}", file=sys.stderr)


def main() -> int:
    asked = arguments(sys.argv[1:])
    no_places: tuple[type[Exception], ...] | type[Exception] = ()
    misplaced = no_places
    if asked.backend == "local":
        from .local import LocalBackend

        backend: Backend = LocalBackend()
    else:
        try:
            from .on_ray import Misplaced, NoPlaces, RayBackend
        except ModuleNotFoundError:
            report("there is no Ray here: install the package ray, or say --backend local")
            return USAGE
        recovery_directory = directory_of(asked.program, os.environ) if asked.directory_check else None
        backend = RayBackend(asked.address, asked.procs, asked.workers, asked.strategy, dict(asked.resources),
                             asked.start_timeout, report, recovery_directory)
        no_places, misplaced = NoPlaces, Misplaced
    try:
        result = asyncio.run(run(backend, asked))
    except no_places as cause:
        report(str(cause))
        return LOST
    except misplaced as cause:
        report(str(cause))
        return USAGE
    except BrokenPipeError:
        raise  # of standard output
    except OSError as cause:  # of a file that is to be shipped
        report(f"{cause.filename} cannot be brought along: {cause.strerror}")
        return USAGE
    tell(result)
    return result.status


if __name__ == "__main__":
    try:
        status = main()
    except BrokenPipeError:
        status = 1
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # or the interpreter tries again at its end
    sys.exit(status)

# SPDX-License-Identifier: BSL-1.0
"""What the tests of the examples have in common."""
import os
import socket
import subprocess
import sys
from pathlib import Path

PROGRAM = sys.argv[1]
SKIPPED = 77


def run(*arguments, text=True, **more):
    """Runs the example, and fails the test if it fails. Gives its standard output."""
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=text, timeout=240, check=False,
                          stdin=subprocess.DEVNULL, **more)
    if done.returncode != 0:
        sys.exit(f"{' '.join([PROGRAM, *arguments])} ended with {done.returncode}: {done.stderr}")
    return done.stdout


def free_addresses(count):
    """Addresses on loopback at which nobody listens, as -a wants them."""
    taken = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in taken]
    for one in taken:
        one.close()
    return ";".join(f"127.0.0.1:{port}" for port in ports)


def start_cluster(processes, *arguments):
    """The example as so many processes, which run on."""
    addresses = free_addresses(processes)
    return [subprocess.Popen([PROGRAM, "-i", str(i), "-a", addresses, *arguments], stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for i in range(processes)]


def run_cluster(processes, *arguments):
    """Runs the example as so many processes, and fails the test if one fails. Gives what they printed, each in turn."""
    printed = ""
    for i, one in enumerate(start_cluster(processes, *arguments)):
        out, said = one.communicate(timeout=240)
        if one.returncode != 0:
            sys.exit(f"process {i} of {processes} ended with {one.returncode}: {said}")
        printed += out
    return printed


def check(what, got, wanted):
    if got != wanted:
        sys.exit(f"{what}:\n  got    {got!r}\n  wanted {wanted!r}")


def shared_data(*parts):
    """A file or folder of the real data beside the project. Where it is absent the test is skipped, and says so."""
    for folder in (os.environ.get("LEAT_TEST_DATA"), Path(__file__).resolve().parents[2] / ".." / "shared" / "data"):
        if folder and Path(folder, *parts).exists():
            return Path(folder, *parts)
    print(f"skipped: there is no {'/'.join(('shared', 'data', *parts))} beside the project")
    sys.exit(SKIPPED)

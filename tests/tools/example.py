# SPDX-License-Identifier: BSL-1.0
"""What the tests of the examples have in common."""
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

PROGRAM = sys.argv[1]
SKIPPED = 77
LONG = bool(os.environ.get("LEAT_TEST_LONG"))


def run(*arguments, text=True, **more):
    """Runs the example, and fails the test if it fails. Gives its standard output."""
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=text, timeout=240, check=False,
                          stdin=subprocess.DEVNULL, **more)
    if done.returncode != 0:
        sys.exit(f"{' '.join([PROGRAM, *arguments])} ended with {done.returncode}: {done.stderr}")
    return done.stdout


def start_listening(number, *arguments, listed=(), **more):
    """The program as one process of a cluster, at a port that the system chooses: the process and the port. `listed`: a
    descriptor from which it reads the addresses of all."""
    told, tells = os.pipe()
    given = [PROGRAM, "-i", str(number), "--listen=127.0.0.1:0", f"--announce-fd={tells}", *arguments]
    given += [f"--addresses-fd={one}" for one in listed]
    started = subprocess.Popen(given, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               pass_fds=(tells, *listed), **more)
    os.close(tells)
    with os.fdopen(told) as announced:
        line = announced.readline()
    if not line:
        sys.exit(f"process {number} does not announce where it listens: {started.communicate()[1]}")
    return started, int(line.rsplit(":", 1)[1])


def start_cluster(processes, *arguments):
    """The program as so many processes, which run on."""
    lists = [os.pipe() for _ in range(processes)]
    started = []
    for i, (listed, _) in enumerate(lists):
        started.append(start_listening(i, *arguments, listed=(listed,)))
        os.close(listed)
    for _, tell in lists:
        os.write(tell, (";".join(f"127.0.0.1:{port}" for _, port in started) + "\n").encode())
        os.close(tell)
    return [one for one, _ in started]


def all_at_once(f, processes):
    """What f gives of each. A process that waits for another, whose pipe nobody empties, would never end."""
    with ThreadPoolExecutor(max(1, len(processes))) as threads:
        return list(threads.map(f, processes))


def run_cluster(processes, *arguments):
    """Runs the example as so many processes, and fails the test if one fails. Gives what they printed, each in turn."""
    cluster = start_cluster(processes, *arguments)
    try:
        ended = all_at_once(lambda one: one.communicate(timeout=240), cluster)
    finally:
        for one in cluster:
            one.kill()
    for i, (one, (_, said)) in enumerate(zip(cluster, ended)):
        if one.returncode != 0:
            sys.exit(f"process {i} of {processes} ended with {one.returncode}: {said}")
    return "".join(out for out, _ in ended)


def check(what, got, wanted):
    if got != wanted:
        sys.exit(f"{what}:\n  got    {got!r}\n  wanted {wanted!r}")


def by_key(lines):
    """The lines of each key, in their order."""
    result = {}
    for line in lines.splitlines():
        result.setdefault(line.split()[0].strip("(,\"'"), []).append(line)
    return result


def shared_data(*parts):
    """A file or folder of the real data beside the project. Where it is absent the test is skipped, and says so."""
    for folder in (os.environ.get("LEAT_TEST_DATA"), Path(__file__).resolve().parents[2] / ".." / "shared" / "data"):
        if folder and Path(folder, *parts).exists():
            return Path(folder, *parts)
    print(f"skipped: there is no {'/'.join(('shared', 'data', *parts))} beside the project")
    sys.exit(SKIPPED)


def chosen_seed():
    """For the test's chance: LEAT_TEST_SEED, or another each time. It is printed, to be used again."""
    seed = int(os.environ.get("LEAT_TEST_SEED") or int.from_bytes(os.urandom(4), "big"))
    print(f"repeat with LEAT_TEST_SEED={seed}")
    return seed


def end(process, within=60):
    """Waits for its end: its exit status and what it said on standard error. One that hangs fails the test."""
    try:
        said = process.communicate(timeout=within)[1]
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGABRT)
        sys.exit(f"process {process.pid} does not end; it has said {process.communicate()[1]!r}")
    return process.returncode, said


def end_all(processes, within=60):
    try:
        return all_at_once(lambda one: end(one, within), processes)
    finally:
        for one in processes:
            one.kill()


def gone(number, within=20):
    """Whether the process with this number ends."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        try:
            if Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.01)
    return False

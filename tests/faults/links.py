# SPDX-License-Identifier: BSL-1.0
"""What networks do to connections, between real processes: cut, reset, silent, one-way, slow; and processes that stop."""
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
from example import LONG, check, end_all, start_listening  # noqa: E402
from proxy import Proxy  # noqa: E402


class Cluster:
    """Three processes that reach each other through proxies; process N is behind proxies[N]. All have begun."""

    def __init__(self, *arguments):
        self.proxies = [Proxy() for _ in range(3)]
        addresses = ";".join(f"127.0.0.1:{proxy.port}" for proxy in self.proxies)
        self.processes = []
        for i, proxy in enumerate(self.proxies):
            process, proxy.goes_to = start_listening(i, "-a", addresses, *arguments)
            self.processes.append(process)
        for process in self.processes:
            check("it has begun", process.stdout.readline(), "begun\n")

    def check_end(self, what, wanted):
        """They end with these statuses. Gives what each said."""
        ended = end_all(self.processes)
        for proxy in self.proxies:
            proxy.close()
        check(f"{what}: the statuses, having said {[said for _, said in ended]}", [status for status, _ in ended], wanted)
        return [said for _, said in ended]


IMPATIENT = ("--suspect-after=0.4", "--dead-after=2")
ALL_LOST = [75, 75, 75]


def cut(what, harm):
    """All three end when this is done to the connection between process 0 and process 1."""
    cluster = Cluster(*IMPATIENT)
    harm(cluster.proxies[1])
    for said in cluster.check_end(what, ALL_LOST):
        check(f"{what}: who was lost is named: {said}", "process 0 was lost" in said or "process 1 was lost" in said, True)


def lose(*directions):
    def harm(proxy):
        proxy.lose = frozenset(directions)
    return harm


def stick(proxy):
    proxy.stuck = True


cut("RST", Proxy.reset)
cut("FIN", Proxy.finish)
cut("half-open", stick)
cut("nothing comes through", lose("there", "back"))
cut("nothing reaches the one that was connected to", lose("there"))
cut("nothing reaches the one that connected", lose("back"))

slow = Cluster("--dead-after=10")
for proxy in slow.proxies:
    proxy.delay = 0.2
time.sleep(1)
slow.processes[1].send_signal(signal.SIGTERM)
slow.check_end("slow connections change nothing", [0, 0, 0])

# A process that stops for less than what counts as dead is missed, and no more.
stopped_for, dead_after = (30, 45) if LONG else (1.5, 15)
for victim in range(3):
    cluster = Cluster("--suspect-after=0.4", f"--dead-after={dead_after}")
    cluster.processes[victim].send_signal(signal.SIGSTOP)
    time.sleep(stopped_for)
    cluster.processes[victim].send_signal(signal.SIGCONT)
    time.sleep(0.5)
    cluster.processes[(victim + 1) % 3].send_signal(signal.SIGTERM)
    said = cluster.check_end(f"process {victim} stopped for {stopped_for} s", [0, 0, 0])
    for i, of_one in enumerate(said):
        check(f"process {i} tells that process {victim} is back: {of_one}",
              f"process {victim} is heard of again" in of_one, i != victim)

# One that stops for longer is lost, and learns of it.
cluster = Cluster(*IMPATIENT)
cluster.processes[2].send_signal(signal.SIGSTOP)
others = end_all(cluster.processes[:2])
cluster.processes[2].send_signal(signal.SIGCONT)
for status, of_one in others:
    check(f"a process that stands still is lost: {of_one}", (status, "process 2 was lost" in of_one), (75, True))
check("and so it ends", end_all(cluster.processes[2:])[0][0], 75)

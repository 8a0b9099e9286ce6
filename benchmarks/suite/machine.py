# SPDX-License-Identifier: BSL-1.0
"""What the suite runs on, and how much of it others use."""
import os
import shlex
import subprocess
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def busy_seconds():
    """Processor time that anybody has used since the machine started, and what a host took away."""
    user, nice, system, _idle, _iowait, irq, softirq, steal = (
        int(x) for x in Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:9])
    return (user + nice + system + irq + softirq + steal) / TICKS


def used_seconds(pids):
    """Processor time of these processes, and of their children that have ended."""
    total = 0
    for pid in pids:
        try:
            text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            continue
        total += sum(int(x) for x in text.rsplit(")", 1)[1].split()[11:15])
    return total / TICKS


def _first_line(command, **more):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, **more).stdout.split("\n", 1)[0]
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def processor():
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return "unknown"


def described(root, compiler, flags):
    """What a reader has to know of the figures' origin."""
    changed = _first_line(["git", "status", "--porcelain", "-uno"], cwd=root)
    return {"processor": processor(), "cores": os.cpu_count(), "kernel": os.uname().release,
            "compiler": _first_line([*shlex.split(compiler), "--version"]), "flags": flags,
            "commit": _first_line(["git", "rev-parse", "--short", "HEAD"], cwd=root) + (" and changes" if changed else "")}

# SPDX-License-Identifier: BSL-1.0
"""Whether the directory of a recovery store is one and the same for all processes, wherever they are placed."""
from __future__ import annotations

import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_VARIABLES = ("LEAT_RECOVERY_DIRECTORY", "BYTEWAX_RECOVERY_DIRECTORY")


def directory_of(command: Sequence[str], environment: Mapping[str, str]) -> str | None:
    """What the program is told by -r, or by the environment; None where it keeps no store."""
    found = next((environment[name] for name in _VARIABLES if environment.get(name)), None)
    words = iter(command[1:])
    for word in words:
        if word == "--":
            break
        if word in ("-r", "--recovery-directory"):
            found = next(words, found)
        elif word.startswith("--recovery-directory="):
            found = word.partition("=")[2]
        elif word.startswith("-r") and not word.startswith("--"):
            found = word[2:]
    return found


@dataclass(frozen=True)
class Sight:
    """What one process finds at the path of the directory."""

    node: str
    there: bool
    marked: bool = False
    #: Why it could not be marked.
    trouble: str = ""


def mark(directory: str, node: str) -> tuple[Sight, str]:
    """Leaves a file in it by which the other processes know it, and that file's name."""
    name = f".leat_ray-{secrets.token_hex(8)}"
    if not os.path.isdir(directory):
        return Sight(node, False), name
    try:
        os.close(os.open(os.path.join(directory, name), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as cause:
        return Sight(node, True, trouble=cause.strerror or str(cause)), name
    return Sight(node, True, True), name


def look(directory: str, name: str, node: str) -> Sight:
    return Sight(node, os.path.isdir(directory), os.path.exists(os.path.join(directory, name)))


def unmark(directory: str, name: str) -> None:
    try:
        os.unlink(os.path.join(directory, name))
    except FileNotFoundError:
        pass


def fault_of(directory: str, sights: Sequence[Sight]) -> str | None:
    """One sentence about what the processes have found, the first of which has marked the directory; None when all is well,
    or when there is no such directory at all, which the program says better."""
    if not any(each.there for each in sights):
        return None
    first = sights[0]
    if first.trouble:
        return (f"the recovery directory {directory} cannot be written to on {first.node}, where process 0 runs: "
                f"{first.trouble}")
    advice = ("give -r a directory that all nodes share under this path (NFS, a volume that several may write), or place "
              "all processes on one node (--strategy STRICT_PACK); --no-directory-check starts them all the same")
    missing = _named([k for k, each in enumerate(sights) if not each.there], sights)
    if not first.there:
        return f"the recovery directory {directory} is not there for {missing}, though it is for others: {advice}"
    others = _named([k for k, each in enumerate(sights) if not each.marked], sights)
    if not others:
        return None
    return (f"the recovery directory {directory} is another one, or none, for {others} than for process 0 on "
            f"{first.node}: {advice}")


def _named(processes: Sequence[int], sights: Sequence[Sight]) -> str:
    shown = [f"process {k} on {sights[k].node}" for k in processes]
    return ", ".join(shown[:-1]) + " and " + shown[-1] if len(shown) > 1 else "".join(shown)

# SPDX-License-Identifier: BSL-1.0
"""include_direction.py INCLUDE: the folders of leat may know each other in one direction only.

Which folder may include which is the table of CONTRIBUTING.md; it is read from there and compared, where it stands beside
INCLUDE.
"""
import re
import sys
from pathlib import Path

from sources import closure, includes, texts

# What each folder may include besides itself, the headers of the top level, and detail/. What a folder may include, may
# include no more than the folder itself may: so a detour leads nowhere else.
ALLOWED = {
    "from": {"op"},
    "op": set(),
    "route": {"op"},
    "run": {"op", "route", "picture"},
    "state": {"op", "route"},
    "time": {"op", "route", "state"},
    "to": {"op", "from"},
    "connect": {"op", "from", "to", "route", "run", "picture"},
    "recovery": {"op", "route", "run", "state", "picture"},
    "testing": {"op", "route", "run", "picture"},
    "picture": set(),
    "detail": set(),
}
# An output with partitions is an exchange and a sink: one header puts the two together. Positions are kept as bytes: one
# header knows the codec.
# Recovery is a header of run, where users look for it, and its parts have a folder of their own.
# The zone files of a system are read while a flow is described, when there is no runtime to ask.
EXCEPTIONS = {*(("leat/run/recovery.ipp", f"leat/recovery/{part}.hpp")
                for part in ("lock_patience", "sqlite_store", "store_file", "store_status", "stored_run")),
              ("leat/time/zone_file.ipp", "leat/run/environment.hpp"), ("leat/time/zone_file.ipp", "leat/run/files.hpp"),
              ("leat/route/exchange/to_partitions.hpp", "leat/to/partitioned_sink.hpp"),
              ("leat/from/position.hpp", "leat/route/codec/codec.hpp"),
              ("leat/from/position.hpp", "leat/route/codec/describing_archive.hpp")}
# Headers of the top level that belong to a folder: the umbrella of what stands there.
UMBRELLAS = {"leat/picture.hpp": "picture", "leat/picture.ipp": "picture", "leat/testing.hpp": "testing",
             "leat/time.hpp": "time"}
# What a program that only describes a flow and tests it in one process does not pay for.
HEAVY = ("iostream", "fstream", "filesystem", "random", "regex", "ranges")


def folder(name):
    parts = name.split("/")
    return parts[1] if len(parts) > 2 else UMBRELLAS.get(name, "")


def outside(name, library):
    return name == f"{library}.hpp" or name.startswith(f"{library}/")


def table(text):
    """{folder: what it may include} as the table of CONTRIBUTING.md has it."""
    rows = re.findall(r"^\| `(\w+)` \|[^|\n]*\|([^|\n]*)\|$", text, re.M)
    return {name: set(re.findall(r"`(\w+)`", may)) for name, may in rows}


def check_table(text):
    rows = table(text)
    faults = []
    for name in sorted({*rows, *ALLOWED}):
        if rows.get(name) != ALLOWED.get(name):
            said, checked = ("has no row" if may is None else "may include " + (", ".join(sorted(may)) or "nothing")
                             for may in (rows.get(name), ALLOWED.get(name)))
            faults.append(f"CONTRIBUTING.md: {name}/ {said} in the table; in what is checked it {checked}")
    return faults


def allowed(name):
    """The folders that this header may include, or None where it may include all."""
    if re.fullmatch(r"leat/(leat|src\w*)\.hpp", name):
        return None
    return ALLOWED.get(folder(name), set()) | {folder(name), "", "detail"}


def check(root):
    faults = []
    of = {name: includes((Path(root) / name).read_text()) for name in texts(root)}

    def fault(name, line, sentence):
        faults.append(f"include/{name}:{line}: {sentence}")

    for name, included in of.items():
        here = f"{folder(name)}/" if folder(name) else name
        may = allowed(name)
        if folder(name) and folder(name) not in ALLOWED:
            fault(name, 1, f"{here} is in no table of who may include whom: CONTRIBUTING.md and {Path(__file__).name}")
        for line, other in included:
            if other == "leat/leat.hpp":
                fault(name, line, "leat/leat.hpp is for programs: include what is needed of it")
            elif other.startswith("leat/") and other not in of:
                fault(name, line, f"<{other}> does not exist")
            elif other.startswith("leat/") and may is not None and folder(other) not in may:
                if (name, other) not in EXCEPTIONS:
                    fault(name, line, f"{here} may not include {folder(other)}/ (<{other}>)")
            if not other.startswith("leat/") and (Path(root) / name).parent.joinpath(other).is_file():
                fault(name, line, f"\"{other}\" is to be included by its full path")

    for library, what in (("asio", "Asio"), ("boost", "Boost")):
        users = [name for name, included in of.items() if any(outside(other, library) for _, other in included)]
        for extra in users[1:]:
            if not extra.split("/")[-1].startswith(f"{library}_"):
                fault(extra, 1, f"includes {what}; one header does that, and it is {users[0]}, or one named {library}_...")

    if "leat/leat.hpp" in of:
        for name, way in closure(root, ["leat/leat.hpp"]).items():
            for line, other in of.get(name, ()):
                if other in HEAVY or outside(other, "asio") or outside(other, "boost"):
                    fault(name, line, f"leat.hpp may not cost <{other}>, and gets it by {' -> '.join(way)}")
    return faults


if __name__ == "__main__":
    faults = check(sys.argv[1])
    rules = Path(sys.argv[1]).parent / "CONTRIBUTING.md"
    if rules.is_file():
        faults += check_table(rules.read_text())
    print("\n".join(faults) or "every include follows the direction of travel")
    sys.exit(1 if faults else 0)

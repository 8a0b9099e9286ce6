# SPDX-License-Identifier: BSL-1.0
"""include_direction.py INCLUDE: the folders of leat may know each other in one direction only."""
import sys
from pathlib import Path

from sources import closure, includes, texts

# The headers the language is made of: they know each other, detail/, and no folder.
LANGUAGE = {"leat/record.hpp", "leat/flow.hpp", "leat/fwd.hpp", "leat/graph.hpp", "leat/error.hpp"}
FOLDERS = ("from", "op", "route", "run", "state", "time", "to")
# Not even through others ...
NEVER_REACHES = {"op": ("route", "run"), "detail": ("from", "op", "route", "run", "state", "time", "to"), "picture": ("from", "op", "route", "run", "state", "time", "to")}
# ... and not by name.
NEVER_NAMES = {"from": ("route",), "to": ("route",)}
# What a program that only describes a flow and tests it in one process does not pay for.
HEAVY = ("iostream", "fstream", "filesystem", "random", "regex", "ranges")


def folder(name):
    parts = name.split("/")
    return parts[1] if len(parts) > 2 else ""


def outside(name, library):
    return name == f"{library}.hpp" or name.startswith(f"{library}/")


def check(root):
    faults = []
    of = {name: includes((Path(root) / name).read_text()) for name in texts(root)}

    def fault(name, line, sentence):
        faults.append(f"include/{name}:{line}: {sentence}")

    for name, included in of.items():
        here = folder(name)
        forbidden = FOLDERS if name in LANGUAGE else NEVER_REACHES.get(here, ())
        for line, other in included:
            if other == "leat/leat.hpp":
                fault(name, line, "leat/leat.hpp is for programs: include what is needed of it")
            if other.startswith("leat/") and other not in of:
                fault(name, line, f"<{other}> does not exist")
            if folder(other) in NEVER_NAMES.get(here, ()):
                fault(name, line, f"{here}/ may not include {folder(other)}/ (<{other}>)")
            if not other.startswith("leat/") and (Path(root) / name).parent.joinpath(other).is_file():
                fault(name, line, f"\"{other}\" is to be included by its full path")
            for reached, way in closure(root, [other]).items() if other.startswith("leat/") else ():
                if folder(reached) in forbidden:
                    fault(name, line, f"{here + '/' if here else name} may not know {folder(reached)}/, "
                                      f"and gets it by {' -> '.join(way)}")
                    break

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
    print("\n".join(faults) or "every include follows the direction of travel")
    sys.exit(1 if faults else 0)

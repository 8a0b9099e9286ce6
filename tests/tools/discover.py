# SPDX-License-Identifier: BSL-1.0
"""discover.py programs|tests|scripts|headers FOLDER: what there is in a folder, for Meson, one per line.

programs  NAME of each NAME.cpp directly in it
tests     GROUP:FILE of each test source below it, grouped by folder
scripts   each NAME.py and NAME.sh directly in it
headers   each header below it that a header-only program may include, as it is included
pages     the path of each page of the documentation
"""
import sys
from pathlib import Path

import docs_programs
from sources import header_only

# Folders of tests/ whose sources are not doctest files.
NOT_UNITS = {"odr", "misuse", "package", "tools", "faults", "fixture", "fuzz", "budget"}


def programs(folder):
    return [path.stem for path in folder.glob("*.cpp")]


def tests(folder):
    found = []
    for path in folder.rglob("*.cpp"):
        where = path.relative_to(folder)
        if where.parts[0] in NOT_UNITS or where == Path("main.cpp"):
            continue
        found.append(f"{'-'.join(where.parts[:-1]) or 'core'}:{where.as_posix()}")
    return found


def scripts(folder):
    return [path.name for path in folder.iterdir() if path.suffix in (".py", ".sh")] if folder.is_dir() else []


def headers(folder):
    return header_only(folder)


def pages(folder):
    return [str(page) for page in docs_programs.pages(folder)]


if __name__ == "__main__":
    print("\n".join(sorted(globals()[sys.argv[1]](Path(sys.argv[2])))))

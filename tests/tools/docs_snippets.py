#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Compiles the C++ of the documentation: docs_snippets.py ROOT -- COMPILER [FLAG]...

A block marked ```cpp that has a main is a program of its own. Of all others of a page one program is made: blocks
marked ```cpp top stand outside functions, the rest become functions that are given a leat::flow named `flow`. Blocks
marked ```cpp NAME.cpp are programs that are built and run (docs_programs.py)."""

import pathlib
import re
import subprocess
import sys
import tempfile

from docs_programs import pages
from precompiled import precompile

prelude = """#include <leat/leat.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
"""


def programs(page):
    """Yields (line, text) for each program that the page holds."""
    parts = []
    first = 0
    for found in re.finditer(r"^```cpp( top)?\n(.*?)^```$", page.read_text(), re.S | re.M):
        line = page.read_text()[: found.start()].count("\n") + 2
        place = f'#line {line} "{page}"\n'
        if "int main(" in found[2]:
            yield line, place + found[2]
        elif found[1]:
            parts.append(place + found[2])
        else:
            parts.append(f"inline void snippet_{len(parts)}([[maybe_unused]] leat::flow& flow) {{\n{place}{found[2]}}}\n")
        first = first or line
    if parts:
        yield first, prelude + "".join(parts)


def main():
    root = pathlib.Path(sys.argv[1])
    compiler = sys.argv[sys.argv.index("--") + 1 :]
    failed = checked = 0
    flags = [*compiler[1:], "-std=c++20", "-DLEAT_COMPILED"]
    include = root / "include"
    with tempfile.TemporaryDirectory(prefix="leat-snippets-") as folder:
        first = precompile(compiler[0], flags, include, "leat/leat.hpp", folder)
        file = pathlib.Path(folder, "program.cpp")
        for page, line, text in [(page, *program) for page in pages(root) for program in programs(page)]:
            file.write_text(text)
            # What begins with another header may need what leat/leat.hpp has besides.
            begins_so = re.search("#include <(.*)>", text)[1] == "leat/leat.hpp"
            run = subprocess.run(
                [compiler[0], *flags, "-fsyntax-only", *(first if begins_so else []), "-I", include, file],
                capture_output=True, text=True, check=False)
            checked += 1
            if run.returncode != 0:
                failed += 1
                print(f"{page}:{line}: does not compile\n{run.stderr}")
    print(f"{checked} programs of the documentation, {failed} that do not compile")
    return 1 if failed or checked == 0 else 0


sys.exit(main())

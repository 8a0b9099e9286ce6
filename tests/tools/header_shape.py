# SPDX-License-Identifier: BSL-1.0
"""header_shape.py INCLUDE: a header begins with its licence and its guard, and is at most 400 lines long and 120 columns
wide. One whose bodies stand beside it ends by including them in the header-only form, and src.hpp or another
src_....hpp has them all.
"""
import re
import sys
from pathlib import Path

from sources import headers, includes, texts

MOST_LINES = 400
MOST_COLUMNS = 120


def check(root):
    faults = []
    names = texts(root)
    if not names:
        faults.append(f"{root} holds no header at all")
    for name in names:
        lines = (Path(root) / name).read_text().splitlines()
        if lines[:1] != ["// SPDX-License-Identifier: BSL-1.0"]:
            faults.append(f"include/{name}:1: the first line is to be // SPDX-License-Identifier: BSL-1.0")
        if "#pragma once" not in lines[1:3]:
            faults.append(f"include/{name}:2: the second line is to be #pragma once")
        if len(lines) > MOST_LINES:
            faults.append(f"include/{name}:{MOST_LINES + 1}: {len(lines)} lines; a header does one thing, "
                          f"in at most {MOST_LINES}")
        for number, line in enumerate(lines, 1):
            # The text of an #error is one line, whatever its length.
            if len(line) > MOST_COLUMNS and not line.lstrip().startswith('"leat: '):
                faults.append(f"include/{name}:{number}: {len(line)} columns, {MOST_COLUMNS} at most")
    return faults + check_bodies(root, names)


def check_bodies(root, names):
    """The bodies of x.hpp are x.ipp: its header includes it at its end, and the compiled form has it once."""
    compiled = [body for name in names if re.fullmatch(r"leat/src\w*\.hpp", name)
                for _, body in includes((Path(root) / name).read_text())]
    faults = []
    for body in names:
        if not body.endswith(".ipp"):
            continue
        header = Path(root) / body.replace(".ipp", ".hpp")
        end = f"#ifndef LEAT_COMPILED\n#include <{body}>\n#endif\n"
        if not header.is_file() or end not in header.read_text():
            faults.append(f"include/{body}:1: {header.name} is to end with\n{end}")
        if compiled.count(body) != 1:
            faults.append(f"include/{body}:1: the compiled form has it {compiled.count(body)} times: it is to stand in "
                          "leat/src.hpp, or in the src_....hpp of its optional part")
    return faults


if __name__ == "__main__":
    faults = check(sys.argv[1])
    lengths = sorted(len((Path(sys.argv[1]) / name).read_text().splitlines()) for name in headers(sys.argv[1]))
    print("\n".join(faults) or f"{len(lengths)} headers, median {lengths[len(lengths) // 2]} lines, longest {lengths[-1]}")
    sys.exit(1 if faults else 0)

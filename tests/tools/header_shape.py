# SPDX-License-Identifier: BSL-1.0
"""header_shape.py INCLUDE: a header begins with its licence and its guard, and is at most 400 lines long."""
import sys
from pathlib import Path

from sources import headers

MOST_LINES = 400


def check(root):
    faults = []
    names = headers(root)
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
    return faults


if __name__ == "__main__":
    faults = check(sys.argv[1])
    lengths = sorted(len((Path(sys.argv[1]) / name).read_text().splitlines()) for name in headers(sys.argv[1]))
    print("\n".join(faults) or f"{len(lengths)} headers, median {lengths[len(lengths) // 2]} lines, longest {lengths[-1]}")
    sys.exit(1 if faults else 0)

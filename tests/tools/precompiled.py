# SPDX-License-Identifier: BSL-1.0
"""A header of ours that is compiled once, for many units that begin with it."""
import subprocess
from pathlib import Path


def is_clang(compiler):
    return "clang" in Path(compiler).name


def precompile(compiler, flags, root, name, folder):
    """Arguments that have the compiler begin with this header; none if it is refused."""
    header = Path(folder, name.replace("/", "_"))
    header.write_text(f"#include <{name}>\n")
    binary = header.with_suffix(".pch" if is_clang(compiler) else ".hpp.gch")
    done = subprocess.run([compiler, *flags, "-I", root, "-x", "c++-header", header, "-o", binary],
                          capture_output=True)
    if done.returncode != 0:
        return []
    return ["-include-pch", binary] if is_clang(compiler) else ["-Winvalid-pch", "-include", header]

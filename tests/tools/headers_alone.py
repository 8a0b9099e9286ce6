# SPDX-License-Identifier: BSL-1.0
"""headers_alone.py INCLUDE COMPILER [--compiled] [--cache FOLDER]: each header compiles by itself, twice in a row,
warning-free. With --compiled those are all headers, in the form whose bodies are compiled into a library. Without it
they are the headers that have bodies beside them: the others are the same text in both forms.
"""
import argparse
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sources import Cache, header_only, headers

FLAGS = ["-std=c++20", "-fsyntax-only", "-pthread", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion",
         "-Wnon-virtual-dtor", "-Werror"]


def check(root, compiler, cache_folder=None, more_flags=()):
    """What the compiler said of each header that it refused."""
    flags = [*FLAGS, *more_flags]
    names = headers(root)
    if "-DLEAT_COMPILED" not in more_flags:
        names = [name for name in header_only(root) if Path(root, name).with_suffix(".ipp").exists()]
    cache = Cache(cache_folder, compiler, flags)

    def compile_one(name):
        text = f"#include <{name}>\n" * 2
        key = cache.key(root, text, [name], __file__)
        if cache.knows(key):
            return None
        done = subprocess.run([compiler, *flags, "-I", root, "-x", "c++", "-"], input=text, capture_output=True,
                              text=True, env={**os.environ, "LC_ALL": "C"})
        if done.returncode == 0:
            cache.remember(key)
            return None
        return f"<{name}> does not compile alone with {compiler}:\n{done.stdout}{done.stderr}"

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return [said for said in pool.map(compile_one, names) if said]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("include")
    parser.add_argument("compiler")
    parser.add_argument("--cache")
    parser.add_argument("--compiled", action="store_true")
    given = parser.parse_args()
    if not shutil.which(given.compiler):
        print(f"skipped: there is no {given.compiler}")
        sys.exit(77)
    faults = check(given.include, given.compiler, given.cache, ["-DLEAT_COMPILED"] if given.compiled else [])
    print("\n".join(faults) or f"the headers compile alone with {given.compiler}")
    sys.exit(1 if faults else 0)

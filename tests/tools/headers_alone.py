# SPDX-License-Identifier: BSL-1.0
"""headers_alone.py INCLUDE COMPILER [--compiled] [--cache FOLDER]: each header compiles by itself, twice in a row,
warning-free. With --compiled those are all headers, in the form whose bodies are compiled into a library. Without it
they are the headers that have bodies beside them: the others are the same text in both forms.

Most of what a header costs is what it includes. A few headers that many others begin with are precompiled, and a header
sees one of these only if it includes it before anything else than #include lines, directly or by such lines of others.
Then nothing is hidden: what the precompiled one declares is declared at that place anyway, and whether another header
on the way to it includes what it needs is found out when that one is compiled.
"""
import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from precompiled import precompile
from sources import Cache, Tree, begins_with, closure, header_only, headers

FLAGS = ["-std=c++20", "-pthread", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Wnon-virtual-dtor",
         "-Werror"]
# What a precompiled header has to save, in times of what it costs to compile it once.
PRICE = 2


def weights(tree, names):
    """How much there is to compile of each: headers of ours, and twice as much for those of others."""
    found = {}
    for name in names:
        ours = closure(tree, [name])
        others = {other for each in ours for other in tree.includes(each) if not other.startswith("leat/")}
        found[name] = len(ours) + 2 * len(others)
    return found


def worth_precompiling(root, names):
    """{header: the precompiled one it is compiled behind}; as few of these as are worth their price."""
    tree = Tree(root)
    beginnings = {name: begins_with(tree, name) for name in names}
    weight = weights(tree, set().union(*beginnings.values()))
    saved = dict.fromkeys(names, 0)
    behind = {}

    def gain(candidate):
        return sum(max(weight[candidate] - saved[name], 0) for name in names if candidate in beginnings[name])

    while True:
        best = max(sorted(weight), key=gain, default=None)
        if best is None or gain(best) < PRICE * weight[best]:
            return behind
        for name in names:
            if best in beginnings[name] and weight[best] > saved[name]:
                saved[name], behind[name] = weight[best], best


def check(root, compiler, cache_folder=None, more_flags=()):
    """What the compiler said of each header that it refused."""
    flags = [*FLAGS, *more_flags]
    names = headers(root)
    if "-DLEAT_COMPILED" not in more_flags:
        names = [name for name in header_only(root) if Path(root, name).with_suffix(".ipp").exists()]
    cache = Cache(cache_folder, compiler, flags)

    def text(name):
        return f"#include <{name}>\n" * 2

    keys = {name: cache.key(root, text(name), [name], __file__) for name in names}
    names = [name for name in names if not cache.knows(keys[name])]

    def compile_one(name, first):
        done = subprocess.run([compiler, *flags, "-fsyntax-only", *first, "-I", root, "-x", "c++", "-"],
                              input=text(name), capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"})
        if done.returncode == 0:
            cache.remember(keys[name])
            return None
        return f"<{name}> does not compile alone with {compiler}:\n{done.stdout}{done.stderr}"

    behind = worth_precompiling(root, names)
    with tempfile.TemporaryDirectory(prefix="leat-headers-") as folder, ThreadPoolExecutor(os.cpu_count()) as pool:
        # None of one that is refused: its own turn says so.
        first = {each: pool.submit(precompile, compiler, flags, root, each, folder)
                 for each in sorted(set(behind.values()))}

        def compile_behind(name):
            return compile_one(name, first[behind[name]].result() if name in behind else [])

        return [said for said in pool.map(compile_behind, names) if said]


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

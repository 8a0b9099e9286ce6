# SPDX-License-Identifier: BSL-1.0
"""run.py INCLUDE COMPILER FILE [--cache FOLDER]: a wrong program is refused, and by our sentence.

The file's first comment lines hold the sentence: `// expect: leat: ...`; several such lines are one sentence. The
compiler must print exactly one `error:`, with the sentence in it, in fewer than ten lines, or than
`// fewer lines than: N` says, where the sentence stands in what a `serialize` of the program calls. The lines that
repeat the program's text and point into it are not counted. With --cache the program sees <leat/leat.hpp>, precompiled.
"""
import argparse
import fcntl
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
from sources import Cache, includes  # noqa: E402

FLAGS = ["-std=c++20", "-fsyntax-only", "-pthread", "-DLEAT_COMPILED"]
FEWER_LINES_THAN = 10
_LIMIT = re.compile(r"^// fewer lines than: (\d+)$", re.MULTILINE)
_ERROR = re.compile(r"(?:^|\s)(?:fatal )?error: ")
_EXCERPT = re.compile(r"^\s*(?:\d+\s)?\s*\|(?:\s|$)|^\s*[~^]+\s*$")
# clang names the header that was precompiled, which a user's program has not, besides the program.
_PRECOMPILED = re.compile(r"^In file included from .*/precompiled-clang\S*:\d+:$")


def expected(text):
    """The sentence in the leading comment lines."""
    said = []
    for line in text.splitlines():
        if line.strip() and not line.startswith("//"):
            break
        if line.startswith("// expect:"):
            said.append(line.removeprefix("// expect:").strip())
    return " ".join(said)


def limit(text):
    said = _LIMIT.search(text)
    return int(said[1]) if said else FEWER_LINES_THAN


def judge(sentence, status, output, fewer_than=FEWER_LINES_THAN):
    """What is wrong with the compiler's answer; empty when nothing is."""
    if not sentence.startswith("leat: "):
        return ["the file's first comment lines hold no `// expect: leat: ...`"]
    if status == 0:
        return ["the program compiles; it should be refused"]
    faults = []
    lines = [line for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if _ERROR.search(line)]
    if len(errors) != 1:
        faults.append(f"{len(errors)} lines with `error:`; there should be one")
    if not any(sentence in line for line in errors):
        faults.append(f"no error says: {sentence}")
    counted = [line for line in lines if not _EXCERPT.match(line) and not _PRECOMPILED.match(line)]
    if len(counted) >= fewer_than:
        faults.append(f"{len(counted)} lines besides the excerpts; there should be fewer than {fewer_than}")
    return faults


def precompiled(root, compiler, cache, folder):
    """Arguments that have the compiler begin with <leat/leat.hpp>, which one of all these tests compiles.

    They take a fifth of the time then, and the wrong program sees all of leat, as those of users do.
    """
    text = "#include <leat/leat.hpp>\n"
    header = folder / f"{cache.key(root, text, ['leat/leat.hpp'], __file__)}.hpp"
    is_clang = "clang" in Path(compiler).name
    binary = header.with_suffix(".pch" if is_clang else ".hpp.gch")
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not binary.exists():
            for old in folder.glob("*.*"):
                old.unlink()
            header.write_text(text)
            subprocess.run([compiler, *FLAGS[:1], *FLAGS[2:], "-I", root, "-x", "c++-header", header, "-o",
                            f"{binary}.unfinished"], check=True)
            os.rename(f"{binary}.unfinished", binary)
    return ["-include-pch", binary] if is_clang else ["-include", header]


def check(root, compiler, path, cache_folder=None):
    """(what is wrong, what the compiler said)"""
    text = Path(path).read_text()
    cache = Cache(cache_folder, compiler, FLAGS)
    key = cache.key(root, text, [name for _, name in includes(text) if name.startswith("leat/")], __file__)
    if cache.knows(key):
        return [], ""
    first = []
    if cache_folder:
        folder = Path(cache_folder, "precompiled-" + Path(compiler).name)
        folder.mkdir(exist_ok=True)
        first = precompiled(root, compiler, cache, folder)
    done = subprocess.run([compiler, *FLAGS, *first, "-I", root, path], capture_output=True, text=True,
                          env={**os.environ, "LC_ALL": "C"})
    faults = judge(expected(text), done.returncode, done.stdout + done.stderr, limit(text))
    if not faults:
        cache.remember(key)
    return faults, done.stdout + done.stderr


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("include")
    parser.add_argument("compiler")
    parser.add_argument("file")
    parser.add_argument("--cache")
    given = parser.parse_args()
    if not shutil.which(given.compiler):
        print(f"skipped: there is no {given.compiler}")
        sys.exit(77)
    faults, output = check(given.include, given.compiler, given.file, given.cache)
    for fault in faults:
        print(f"{given.file}: {fault}")
    if faults:
        print(f"--- {given.compiler} said:\n{output}")
    sys.exit(1 if faults else 0)

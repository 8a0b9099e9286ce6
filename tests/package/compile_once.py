# SPDX-License-Identifier: BSL-1.0
"""compile_once.py FOLDER COMPILER ARGUMENT...: the compiler, which optimises nothing and leaves debug information out,
and which compiles no text a second time. These tests are about who finds what; the libraries that they find are the same.

A source is preprocessed as it is asked for, so that whatever is not found is missed. If its text, without the names of
files in it, and the flags were compiled before, by whichever test, the object in FOLDER is taken.
"""
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

MOST_OBJECTS = 100
_LEFT_OUT = re.compile(r"-O[123s]|-g\d?|-fdiagnostics-color\S*")
# Options that have a word of their own behind them.
_WITH_A_WORD = {"-I", "-isystem", "-D", "-U", "-MF", "-MQ", "-MT", "-include", "-L", "-l"}
# Makes no difference to what becomes of a text that was preprocessed.
_MAKES_NO_DIFFERENCE = re.compile(r"-(?:I|isystem|D|U|M|include|W|pthread)\S*")
_OF_THE_LINKER = re.compile(r"-(?:L|l|Wl,|shared|static|rdynamic)\S*|-c|.*\.(?:a|o|so|cpp)(?:\.\d+)*")


def options(arguments):
    """Those of the compiler, each with the word behind it, without the output, the sources and what is linked."""
    words = iter(arguments)
    for word in words:
        if word == "-o":
            next(words)
        elif word in _WITH_A_WORD:
            yield word, next(words)
        elif not _OF_THE_LINKER.fullmatch(word):
            yield (word,)


def compile_source(folder, compiler, arguments, source, made):
    """The status; 0 once the object is in `made`."""
    of_compiler = list(options(arguments))
    compiling = [*(word for option in of_compiler for word in option), source]
    flags = [option for option in of_compiler if not _MAKES_NO_DIFFERENCE.fullmatch(option[0])]
    with tempfile.TemporaryDirectory(prefix="leat-text-") as scratch:
        text = Path(scratch, "text")
        done = subprocess.run([compiler, *compiling, "-E", "-P", "-o", text])
        if done.returncode != 0:
            return done.returncode
        version = subprocess.run([compiler, "--version"], capture_output=True, check=True).stdout
        key = hashlib.sha256(repr((compiler, version, flags)).encode() + text.read_bytes())
    folder.mkdir(parents=True, exist_ok=True)
    known = folder / (key.hexdigest() + ".o")
    with open(known.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if known.exists():
            known.touch()
        else:
            unfinished = known.with_suffix(".unfinished")
            done = subprocess.run([compiler, *compiling, "-c", "-o", unfinished])
            if done.returncode != 0:
                return done.returncode
            os.rename(unfinished, known)
        shutil.copyfile(known, made)
    for old in sorted(folder.glob("*.o"), key=lambda path: path.stat().st_mtime)[:-MOST_OBJECTS]:
        old.unlink(missing_ok=True)
        old.with_suffix(".lock").unlink(missing_ok=True)
    return 0


def main(folder, compiler, arguments):
    arguments = [word for word in arguments if not _LEFT_OUT.fullmatch(word)]
    # Those of the tests that CMake and Meson make of a compiler are not of ours.
    sources = [word for word in arguments if word.endswith(".cpp") and "<leat/" in Path(word).read_text()]
    if not sources or "-o" not in arguments or {"-E", "-S", "-fsyntax-only"} & set(arguments):
        os.execvp(compiler, [compiler, *arguments])
    output = arguments[arguments.index("-o") + 1]
    if "-c" in arguments:
        return compile_source(folder, compiler, arguments, sources[0], output)
    with tempfile.TemporaryDirectory(prefix="leat-objects-") as scratch:
        objects = {source: str(Path(scratch, f"{number}.o")) for number, source in enumerate(sources)}
        for source, made in objects.items():
            status = compile_source(folder, compiler, arguments, source, made)
            if status != 0:
                return status
        return subprocess.run([compiler, *(objects.get(word, word) for word in arguments)]).returncode


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:]))

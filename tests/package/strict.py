# SPDX-License-Identifier: BSL-1.0
"""strict.py CASE INCLUDE COMPILER CACHE: a project that switches everything on compiles leat without a word of leat's.

`warnings` and `thread` compile a program with every warning as an error, optimised for the machine, and under g++'s
thread sanitizer (without Asio, which has fences of its own). `clang` does it with clang's warnings. `macros` includes
every header behind macros of the names that popular libraries take. `refusals` are flags, and a standard library, that
leat cannot do with: one sentence says so.
"""
import shlex
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
from sources import Cache, header_only, headers, includes, texts  # noqa: E402

PROGRAM = Path(__file__).resolve().parent / "consumer" / "strict.cpp"
WARNINGS = shlex.split("-Werror -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wuseless-cast "
                       "-Wzero-as-null-pointer-constant -Wsign-promo")
CLANG_WARNINGS = shlex.split("-Werror -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast "
                             "-Wzero-as-null-pointer-constant -Wnon-virtual-dtor -Woverloaded-virtual -Wextra-semi")
NAMES = "emit slots signals foreach I major minor check ERROR interface".split()
REFUSALS = [
    ("leat/leat.hpp", "", "leat: C++20 is needed"),
    ("leat/leat.hpp", "-std=c++17", "leat: C++20 is needed"),
    ("leat/leat.hpp", "-std=c++20 -fno-exceptions", "leat: exceptions are needed"),
    ("leat/leat.hpp", "-std=c++20 -fno-rtti", "leat: run-time type information is needed"),
    ("leat/src.hpp", "-std=c++17 -DLEAT_COMPILED", "leat: C++20 is needed"),
    ("leat/src.hpp", "-std=c++20", "leat: leat/src.hpp has the bodies of the compiled form"),
    ("leat/src_tcp.hpp", "-std=c++20", "leat: leat/src_tcp.hpp has the bodies of the compiled form"),
    ("leat/src_tls.hpp", "-std=c++20", "leat: leat/src_tls.hpp has the bodies of the compiled form"),
    ("leat/src_recovery.hpp", "-std=c++20", "leat: leat/src_recovery.hpp has the bodies of the compiled form"),
]


# libc++ lacks some: a <version> that does not name them, as its does not.
LACKING = [(f"#include <version>\n#undef {feature}\n", "leat: std::stop_token and std::from_chars of floating-point numbers")
           for feature in ("__cpp_lib_jthread", "__cpp_lib_to_chars")]


def hostile(root):
    """A program that includes every header of ours behind the macros, and all that they include of others before them."""
    ours, others = header_only(root), set()
    for name in texts(root):
        for _, included in includes((Path(root) / name).read_text()):
            if not included.startswith("leat/"):
                others.add(included)
    lines = [f"#include <{name}>" for name in [*sorted(others), "complex.h"]]
    lines += [f"#undef {name}\n#define {name} static_assert(false, \"{name} is a macro\")" for name in NAMES]
    lines += [f"#define {name}(a, b) static_assert(false, \"{name} is a macro\")" for name in ("min", "max")]
    return "\n".join([*lines, *(f"#include <{name}>" for name in ours), "int main() {}\n"])


def compile_with(compiler, root, flags, text=None):
    source = ["-x", "c++", "-"] if text is not None else [PROGRAM]
    return subprocess.run([compiler, *flags, "-I", root, *source], input=text, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)


def refusals(compiler, root):
    programs = [(f"#include <{header}>\n", flags, sentence) for header, flags, sentence in REFUSALS]
    programs += [(f"{before}#include <leat/leat.hpp>\n", "-std=c++20", sentence) for before, sentence in LACKING]
    for text, flags, sentence in programs:
        said = compile_with(compiler, root, [*shlex.split(flags), "-fsyntax-only"], text).stdout
        errors = [line for line in said.splitlines() if "error: " in line]
        if len(errors) != 1 or sentence not in errors[0]:
            yield f"{text}with {flags or 'no flags'} should say `{sentence}` and nothing else, but said:\n{said}"


def check(case, root, compiler):
    if case == "refusals":
        return list(refusals(compiler, root))
    if case == "clang":
        done = compile_with(compiler, root, ["-std=c++20", *CLANG_WARNINGS, "-DASIO_HAS_CO_AWAIT", "-DASIO_HAS_STD_COROUTINE",
                                             "-fsyntax-only"])
    elif case == "macros":
        done = compile_with(compiler, root, ["-std=gnu++20", "-fsyntax-only"], hostile(root))
    elif case == "thread":
        done = compile_with(compiler, root, ["-std=c++20", *WARNINGS, "-O1", "-fsanitize=thread", "-DWITHOUT_ASIO", "-S",
                                             "-o", "/dev/null"])
    else:
        done = compile_with(compiler, root, ["-std=c++20", *WARNINGS, "-O3", "-march=native", "-S", "-o", "/dev/null"])
    return [done.stdout] if done.returncode != 0 else []


if __name__ == "__main__":
    case, root, compiler, cache_folder = sys.argv[1:5]
    cache = Cache(cache_folder, compiler, [case])
    key = cache.key(root, PROGRAM.read_text(), headers(root), __file__)
    if cache.knows(key):
        print(f"{case}: nothing has changed since it worked")
        sys.exit(0)
    faults = check(case, root, compiler)
    print("\n".join(faults) or f"{case}: as it should be")
    if not faults:
        cache.remember(key)
    sys.exit(1 if faults else 0)

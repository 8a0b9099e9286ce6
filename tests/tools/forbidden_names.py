# SPDX-License-Identifier: BSL-1.0
"""forbidden_names.py INCLUDE: only leat/run/ may name clocks, threads, sockets, random devices, the environment and files.

All that the outside world decides passes the runtime, so that a simulated one can decide it again from a seed.
"""
import re
import sys
from pathlib import Path

from sources import code, texts

FORBIDDEN = {
    "a clock": r"::\s*now\s*\(|\b(?:clock_gettime|gettimeofday|timespec_get)\b"
               r"|\b(?:std::|::)time\s*\(|\btime\s*\(\s*(?:nullptr|NULL|0)\s*\)|\bstd::clock\s*\(",
    "a thread": r"\bstd::(?:thread|jthread|this_thread|async|barrier|latch|condition_variable)\b|\bpthread_\w+"
                r"|\b(?:usleep|nanosleep|sleep_for|sleep_until|v?fork)\s*\(|(?:^|[^\w:])::sleep\s*\("
                r"|#\s*include\s*<(?:thread|pthread\.h|future|latch|barrier|condition_variable)>",
    "a socket": r"#\s*include\s*<(?:sys/socket\.h|sys/un\.h|netinet/[\w./]+|arpa/[\w./]+|netdb\.h|asio[\w./]*"
                r"|boost/asio[\w./]*)>|(?:^|[^.\w:>])(?:::)?(?:socket|socketpair|getaddrinfo)\s*\("
                r"|(?:^|[^.\w:>])::(?:accept|connect|listen|bind)\s*\("
                r"|\basio::",
    "a random device": r"\brandom_device\b|#\s*include\s*<(?:random|sys/random\.h)>|\b(?:getrandom|getentropy|arc4random)\b"
                       r"|\b(?:std::)?s?rand\s*\(|/dev/u?random",
    "a file": r"(?:^|[^\w>)\]])::(?:open|openat|creat|read|write|pread|pwrite|readv|writev|lseek|f?truncate|fsync|fdatasync"
              r"|f?stat|lstat|statx|faccessat|access|opendir|readdir|unlink|rename|mkdir|rmdir|mkostemp|mkstemp|flock|fcntl"
              r"|poll|fdopen|fseeko|ftello)\s*\(|\b(?:std::)?(?:fopen|freopen|tmpfile|fread|fwrite|fseek)\s*\("
              r"|\bstd::(?:[io]?fstream|filebuf)\b|\bstd::filesystem::(?!path\b)"
              r"|#\s*include\s*<(?:fstream|dirent\.h|sys/file\.h|sys/stat\.h)>",
    "the environment": r"\b(?:secure_)?getenv\b|\benviron\b|\b(?:un)?setenv\b|\bputenv\b",
}

# Names that a compiler has for instructions of a processor: beside each there is a portable form.
INSTRUCTIONS = r"\b__builtin_(?:ia32_\w+|cpu_\w+|prefetch|popcount\w*|clz\w*|ctz\w*)\b|\b__(?:AVX|SSE)\w*__\b|\b__x86_64__\b|#\s*include\s*<\w*intrin\.h>"
INSTRUCTIONS_ARE_IN = "leat/detail/instructions.hpp"

# Standard output is nobody's disk: what is printed goes where the program prints, also in a simulation.
STANDARD_OUTPUT = ("leat/detail/write_all.ipp", "leat/detail/standard_output.ipp", "leat/to/out.ipp")


def check(root):
    faults = []
    for name in texts(root):
        for number, line in enumerate(code((Path(root) / name).read_text()).splitlines(), 1):
            instruction = re.search(INSTRUCTIONS, line)
            if instruction and name != INSTRUCTIONS_ARE_IN:
                faults.append(f"include/{name}:{number}: names an instruction (`{instruction.group()}`); only "
                              f"include/{INSTRUCTIONS_ARE_IN} may, which has a portable form beside it")
            if name.startswith("leat/run/"):
                continue
            for what, pattern in FORBIDDEN.items():
                if what == "a file" and name in STANDARD_OUTPUT:
                    continue
                found = re.search(pattern, line)
                if found:
                    faults.append(f"include/{name}:{number}: names {what} (`{found.group().strip()}`); only "
                                  "include/leat/run/ may: ask the runtime for it")
    return faults


if __name__ == "__main__":
    faults = check(sys.argv[1])
    print("\n".join(faults) or "clocks, threads, sockets, random devices, the environment and files stay in leat/run/, instructions in one file")
    sys.exit(1 if faults else 0)

#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""What leat costs to compile, in both forms: compile_time.py [COMPILER]. User seconds, medians of five."""
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile

include = pathlib.Path(__file__).resolve().parent.parent / "include"
compiler = sys.argv[1] if len(sys.argv) > 1 else "g++"

HELLO = """#include <leat/leat.hpp>
int main(int argc, char** argv) {
  leat::flow flow("hello");
  flow.input("in", leat::from::range(10)) | leat::map([](auto x) { return x * 2; }) | leat::output("out", leat::to::out());
  return leat::main(argc, argv, flow);
}
"""

TEN_STEPS = """#include <leat/leat.hpp>
int main(int argc, char** argv) {
  leat::flow flow("ten");
  flow.input("in", leat::from::lines("-"))
    | leat::map([](std::string&& line) -> std::string&& { return std::move(line); })
    | leat::filter([](std::string const& line) { return !line.empty(); })
    | leat::flat_map([](std::string const& line) { return std::vector<std::string>{line, line}; })
    | leat::map([](std::string const& word) { return word.size(); })
    | leat::filter([](std::size_t size) { return size > 3; })
    | leat::map([](std::size_t size) { return size * 2; })
    | leat::key_on([](std::size_t size) { return size; })
    | leat::stateful_map("count", [](std::optional<int>& count, std::size_t) { return *(count = count.value_or(0) + 1); })
    | leat::output("out", leat::to::out());
  return leat::main(argc, argv, flow);
}
"""


def seconds(text, flags):
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder, "x.cpp")
        source.write_text(text)
        times = []
        for _ in range(5):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run([compiler, "-std=c++20", "-I", str(include), *flags, str(source)], check=True, cwd=folder)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            times.append(after.ru_utime - before.ru_utime)
        return statistics.median(times)


for what, text, flags, goals in (
        ("#include <leat/leat.hpp>, -fsyntax-only", "#include <leat/leat.hpp>\n", ["-fsyntax-only"], (0.7, 1.5)),
        ("a flow of 3 steps, -O2 -c", HELLO, ["-O2", "-c"], (1.5, 5.5)),
        ("a flow of 10 steps, -O2 -c", TEN_STEPS, ["-O2", "-c"], (2.2, 7.0))):
    for form, more, goal in (("compiled", ["-DLEAT_COMPILED"], goals[0]), ("header-only", [], goals[1])):
        taken = seconds(text, [*flags, *more])
        print(f"{compiler}, {form}: {what}: {taken:.2f} s   goal {goal}: {'met' if taken <= goal else 'MISSED'}",
              flush=True)

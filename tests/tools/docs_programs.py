# SPDX-License-Identifier: BSL-1.0
"""docs_programs.py ROOT UNIT: writes the programs that the documentation shows with their outputs as one C++ source.

Such a program is a block marked ```cpp NAME.cpp. In the unit each stands in a namespace of its own, and `main` starts the
one after which the executable is called. Lines keep their numbers and files their names, since messages show them.
docs_outputs.py runs the programs.
"""
import re
import sys
from pathlib import Path

_BLOCK = re.compile(r"^```([^\n]+)\n(.*?)^```$", re.S | re.M)
_INCLUDE = re.compile(r"^#include <.*>$", re.M)
_MAIN = re.compile(r"^int main\((.*)\) \{", re.M)


def pages(root):
    return sorted([root / "README.md", *root.glob("docs/**/*.md")])


def blocks(page):
    """(line, words behind the three backticks, text) of every block that says what it holds."""
    text = page.read_text()
    for found in _BLOCK.finditer(text):
        yield text.count("\n", 0, found.start()) + 2, found[1].split(), found[2]


def named_programs(root):
    """{name: (page, line, text)} of the programs that are run."""
    programs = {}
    for page in pages(root):
        for line, words, text in blocks(page):
            if words[0] != "cpp" or len(words) != 2 or not words[1].endswith(".cpp"):
                continue
            name = words[1].removesuffix(".cpp")
            if name in programs:
                raise SystemExit(f"{page}:{line}: {programs[name][0]} has a program of the name {name} already")
            if not _MAIN.search(text):
                raise SystemExit(f"{page}:{line}: {words[1]} has no main")
            programs[name] = (page, line, text)
    return programs


def unit(programs):
    bodies = []
    starts = []

    def headers(name):
        return _INCLUDE.findall(programs[name][2])

    # Those that include little come first, so that hardly any is helped by what another includes.
    for name in sorted(programs, key=lambda name: (len(headers(name)), name)):
        body = _INCLUDE.sub("", programs[name][2])
        parameters = _MAIN.search(body)[1]
        body = _MAIN.sub(r"int main_of_program(\1) {", body)
        bodies.append("\n".join(headers(name)) + f'\nnamespace program_{name} {{\n#line 1 "{name}.cpp"\n{body}'
                      f"}}  // namespace program_{name}\n")
        arguments = "argc, argv" if parameters else ""
        starts.append(f'  if (name == "{name}") return program_{name}::main_of_program({arguments});\n')
    main = ('#line 1 "main"\nint main(int argc, char** argv) {\n  std::string_view name = argc > 0 ? argv[0] : "";\n'
            "  name.remove_prefix(name.rfind('/') + 1);\n" + "".join(starts) + "  return 2;\n}\n")
    return "".join(bodies) + "#include <string_view>\n" + main


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(unit(named_programs(Path(sys.argv[1]))))

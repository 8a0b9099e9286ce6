# SPDX-License-Identifier: BSL-1.0
"""bundle.py plan FOLDER       which test sources become one translation unit: a line `GROUP:NAME:FILE FILE ...` each
bundle.py join OUTPUT FILE...  the translation unit of these sources

Half of what a test source costs to compile are the headers, and templates that its neighbours need too. A bundle has
the #include lines of all its sources first, each once, and then the rest of each source in a namespace of its own, so
that their helpers may have the same names. A source that has to stay at global scope is compiled alone.
"""
import os
import re
import sys
from pathlib import Path

import discover

TESTS = Path(__file__).resolve().parent.parent
# A bundle ends with the source that reaches this size: larger ones cost gigabytes to compile with a sanitizer.
FULL = 24_000
# What has no meaning, or another one, inside a namespace or behind the #include lines of others.
_GLOBAL = re.compile(r'^(?:namespace \w[\w:]* \{|template <>|extern |BOOST_|#(?!include))', re.MULTILINE)
_INCLUDE = re.compile(r'^#include .*$', re.MULTILINE)


def plan(folder):
    """{group: [sources of one bundle, ...]}, each bundle in the order of the names."""
    bundles = {}
    for line in sorted(discover.tests(folder)):
        group, name = line.split(":")
        text = (folder / name).read_text()
        of_group = bundles.setdefault(group, [])
        size = 0 if _GLOBAL.search(text) else max(len(text), 1)
        last = of_group[-1] if of_group else None
        if size and last and last["size"] and last["size"] < FULL:
            last["sources"].append(name)
            last["size"] += size
        else:
            of_group.append({"sources": [name], "size": size})
    return {group: [bundle["sources"] for bundle in of_group] for group, of_group in bundles.items()}


def included_by(path, text):
    """The #include lines; headers that stand beside the source are found from the folder of all tests."""
    for line in _INCLUDE.findall(text):
        name = line.split('"')[1] if '"' in line else None
        beside = Path(os.path.normpath(path.parent.resolve() / name)) if name else None
        yield f'#include "{beside.relative_to(TESTS)}"' if beside and beside.exists() else line


def join(output, paths):
    texts = [(Path(path), Path(path).read_text()) for path in paths]
    included = dict.fromkeys(line for path, text in texts for line in included_by(path, text))
    parts = ["\n".join(included)]
    for path, text in texts:
        shown = os.path.relpath(path, Path.cwd())
        parts.append(f"namespace test_of_{path.stem} {{\n#line 1 \"{shown}\"\n{_INCLUDE.sub('', text)}\n}}")
    Path(output).write_text("\n".join(parts) + "\n")


if __name__ == "__main__":
    if sys.argv[1] == "join":
        join(sys.argv[2], sys.argv[3:])
    else:
        for group, bundles in plan(Path(sys.argv[2])).items():
            for number, sources in enumerate(bundles):
                print(f"{group}:{number}:{','.join(sources)}")

#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""reference.py ROOT OUTPUT: makes the reference of the API from the headers, by Doxygen, as pages in OUTPUT/html.
reference.py --check ROOT OUTPUT: only sees that no public symbol is without a text; 77 where there is no Doxygen.

Doxygen is given copies of the headers: without what is no interface (leat::detail, members that a protocol prescribes,
overloads that only refuse), with the groups of docs/reference/groups.dox by folder, and with the text of a function above
each overload that follows it without a blank line.
"""
import re
import shutil
import subprocess
import sys
from pathlib import Path

# Classes of leat::detail that are shown all the same: what their functions set is told nowhere else.
SHOWN_NAMES = "lines_source|csv_source|csv_sink|generated_source"
SHOWN = re.compile(rf"^class (?:{SHOWN_NAMES}) \{{$")
# Members that are not shown unless they have a text: what concepts prescribe (of sources, sinks, coroutines, codecs) has
# its text there; copies and moves; refusals; what has to do with leat::detail.
NOT_SHOWN = re.compile(
    r"^  (?:.*[ &])?(?:build|build_part|list_parts|file_of|check_part|in_turn|part_of|on_ready|serialize|load|save|"
    r"operator co_await|takes_or_says_why)\(|^  using (?:record|position|partition|awaited|value_type)\b|"
    rf"^  (?:explicit )?(?:{SHOWN_NAMES})\(|"
    r"^  static constexpr bool writes_text\b|"
    r"^  (?:(\w+)\(\1|\w+& operator=\(\w+) ?(?:const&|&&)|^  stream<poison> |detail::")
# A line above that belongs to the same declaration.
BEGUN = ("  ///", "  template", "  [", "    requires")
NAMESPACE = re.compile(r"^namespace ([\w:]+) \{$")
# Declarations of a namespace that are no interface: overloads that only refuse, definitions outside of their class.
REFUSES = re.compile(
    r"^(?:constexpr |inline )*detail::(?:\w*name_comes_first|incomplete_\w+|nameless_\w+|refused_\w+|timeless_\w+|"
    r"\w+<detail::no_)|^struct \w+<poison, poison> \{|^\w[^(]*>::~?\w+\(")
# Defaulted and deleted members, destructors, deduction guides, friends.
SPECIAL = re.compile(r"= (default|delete);( |$)|^ *~\w+\(|^ *virtual ~|^\w.*\) -> .*;$|^ *friend ")
UNSPECIFIED = re.compile(r"(?<![\w:])detail::\w+(?:::\w+)*")


def public_headers(include):
    """Each but those of the compiled form, which say which bodies it has, and fwd.hpp, which only names."""
    return [path for path in sorted((include / "leat").rglob("*.hpp"))
            if not path.name.startswith("src") and path.name != "fwd.hpp"]


def group_of(path):
    if len(path.parts) == 2:
        return "testing" if path.name == "testing.hpp" else "language"
    return {"detail": "route", "picture": "run"}.get(path.parts[1], path.parts[1])


def balanced_end(text, start):
    """Behind the `>` that belongs to the `<` at `start`."""
    depth = 0
    for at in range(start, len(text)):
        depth += {"<": 1, ">": -1}.get(text[at], 0) if text[at - 1 : at + 1] != "->" else 0
        if depth == 0:
            return at + 1
    return len(text)


def without_own_names(line):
    """A type of leat::detail in a declaration is nobody's to name: `unspecified` in its place."""
    line = re.sub(r"(template <|, )detail::\w+(?=(?:\.\.\.)? \w+\b)", r"\1class", line) if "template <" in line else line
    if re.match(r" *requires\b.*detail::", line):
        return ""
    line = re.sub(rf"detail::(?=(?:{SHOWN_NAMES})\b)", "", line)
    while (found := UNSPECIFIED.search(line)) is not None:
        end = found.end()
        if line[end : end + 1] == "<":
            end = balanced_end(line, end)
        line = line[: found.start()] + "unspecified" + line[end:]
    return line


def with_shown(lines):
    """The lines, with the classes of SHOWN behind the part of leat::detail that they stand in; and their numbers."""
    ordered = []
    shown = []
    number = 0
    while number < len(lines):
        end = number
        while re.match(r"///|template <", lines[end]):
            end += 1
        if SHOWN.match(lines[end]):
            end = lines.index("};", end)
            shown += [*range(number, end + 1), None]
            number = end + 1
            continue
        ordered.append(number)
        if lines[number] == "}  // namespace detail":
            ordered += [None, *shown]
            shown = []
        number += 1
    return ["" if at is None else lines[at] for at in ordered], [0 if at is None else at for at in ordered]


class Copy:
    """The copy of one header, and from which line each of its lines is."""

    def __init__(self, text, group):
        self.group = group
        self.lines = []
        self.origins = []
        lines, self.numbers = with_shown(text.split("\n"))
        self.read(lines)

    def put(self, line, number):
        self.lines.append(line)
        self.origins.append(self.numbers[number])

    def read(self, lines):
        left_out = ""      # the namespace that is being left out
        text = []          # the last comment of a declaration
        documented = None  # the text of the declaration above
        number = 0
        while number < len(lines):
            line = lines[number]
            opened = NAMESPACE.match(line)
            if left_out:
                if line.startswith("}  // namespace") and line.split()[-1] == left_out:
                    left_out = ""
                number += 1
                continue
            if opened and opened[1].split("::")[-1] == "detail":
                left_out = opened[1]
                number += 1
                continue
            if opened:
                self.put(line, number)
                self.put(f"/// @addtogroup {self.group}", number)
                self.put("/// @{", number)
                documented, text = None, []
                number += 1
                continue
            if line.startswith("}  // namespace"):
                self.put("/// @}", number)
                self.put(line, number)
                number += 1
                continue
            if line == "":
                documented, text = None, []
                self.put(line, number)
                number += 1
                continue
            if re.match(r" *///(?!<)", line):
                text.append(line)
                self.put(line, number)
                number += 1
                continue
            if not re.match(r"(?:template|inline|constexpr|\[\[|auto|class|struct|[a-z])", line) or line.startswith("using"):
                if SPECIAL.search(line) and not text and line.rstrip().endswith(";"):
                    self.put("", number)
                else:
                    self.put(without_own_names(line) if "detail::" in line else line, number)
                number += 1
                text = [] if not line.startswith(" ") else text
                continue
            # A declaration at the level of a namespace, as far as the line that ends it.
            first = number
            depth = 0
            while True:
                code = re.sub(r'"(?:\\.|[^"\\])*"|//.*', "", lines[number]).rstrip()
                depth += code.count("{") - code.count("}")
                if depth == 0 and code.endswith((";", "}")) or number + 1 == len(lines):
                    break
                number += 1
            declaration = lines[first : number + 1]
            number += 1
            body = [l for l in declaration if not l.startswith("template") and not l.startswith("  requires")]
            if body and (body[0].startswith("stream<poison> ") or
                         not text and (REFUSES.search(body[0]) or SPECIAL.search(declaration[-1]))):
                text = []
                continue
            if text:
                documented = text
            elif documented is not None and not any(re.match(r"(class|struct|enum|using|concept)\b", l) for l in body):
                for more in documented:
                    self.put(more, first)
            is_type = any(re.match(r"(class|struct|enum)\b", l) for l in body[:1])
            for offset, part in enumerate(declaration):
                begins = re.match(r"  [^ /}]", part) and not declaration[offset - 1].startswith(BEGUN)
                if is_type and begins:
                    # Of a template, what follows `template <...>` decides.
                    member = next((more for more in declaration[offset:] if re.match(r"  (?!template|[ \[])", more)), "")
                    if SPECIAL.search(part) and part.endswith(";") and "///<" not in part:
                        part = ""
                    elif "///<" not in member and NOT_SHOWN.search(member):
                        part = "  /// @private\n" + part
                if "detail::" in part:
                    part = without_own_names(part)
                for piece in part.split("\n"):
                    self.put(piece, first + offset)
            text = []


def copies(root, into):
    """Writes the copies; {copy: origins of its lines}."""
    shutil.rmtree(into, ignore_errors=True)
    origins = {}
    for header in public_headers(root / "include"):
        name = header.relative_to(root / "include")
        copy = Copy(header.read_text(), group_of(name))
        target = into / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("\n".join(copy.lines))
        origins[target] = copy.origins
    return origins


def layout(output):
    """Doxygen's own, but for functions, which come first in a group: they are what is looked for."""
    subprocess.run(["doxygen", "-l", output / "layout.xml"], check=True, capture_output=True)
    text = (output / "layout.xml").read_text()
    begin, end = text.index("<group>"), text.index("</group>")
    group = text[begin:end]
    functions = '      <functions title=""/>\n'
    group = group.replace(functions, "", 1).replace("    <memberdecl>\n", "    <memberdecl>\n" + functions, 1)
    (output / "layout.xml").write_text(text[:begin] + group + text[end:])
    return output / "layout.xml"


def run(root, output, check):
    output.mkdir(parents=True, exist_ok=True)
    into = output / "headers"
    origins = copies(root, into)
    settings = f"""
@INCLUDE = docs/reference/Doxyfile
INPUT = "{into}" docs/reference/groups.dox
OUTPUT_DIRECTORY = "{output}"
LAYOUT_FILE = "{layout(output)}"
STRIP_FROM_PATH = "{into}"
STRIP_FROM_INC_PATH = "{into}"
GENERATE_HTML = {"NO" if check else "YES"}
GENERATE_XML = {"YES" if check else "NO"}
HIDE_UNDOC_MEMBERS = {"NO" if check else "YES"}
HIDE_UNDOC_CLASSES = {"NO" if check else "YES"}
"""
    made = subprocess.run(["doxygen", "-"], input=settings, capture_output=True, text=True, cwd=root, check=False)
    if made.returncode != 0:
        print(made.stderr)
        return 1
    faults = []
    for line in made.stderr.splitlines():
        found = re.match(r"(.*?):(\d+): (?:warning: )?(.*)", line)
        if found is None:
            continue
        path = Path(found[1])
        if path in origins:
            at = origins[path][min(int(found[2]), len(origins[path])) - 1] + 1
            faults.append(f"include/{path.relative_to(into)}:{at}: {found[3]}")
        else:
            faults.append(line)
    faults = sorted(set(faults))
    print("\n".join([*faults, f"{len(origins)} headers, {len(faults)} public symbols without a text or with a wrong one"]))
    if not check:
        print(f"The reference is {output / 'html' / 'index.html'}")
    return 1 if faults else 0


if __name__ == "__main__":
    arguments = [word for word in sys.argv[1:] if word != "--check"]
    if len(arguments) != 2:
        sys.exit(__doc__)
    root = Path(arguments[0]).resolve()
    checks = "--check" in sys.argv
    if shutil.which("doxygen") is None and checks:
        print("skipped: there is no doxygen; tools/setup reference installs it")
        sys.exit(77)
    if not checks:
        subprocess.run([root / "tools" / "setup", "reference"], check=True)
    sys.exit(run(root, Path(arguments[1]).resolve(), checks))

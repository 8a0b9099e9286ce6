# SPDX-License-Identifier: BSL-1.0
"""docs_pages.py ROOT: every link of the documentation leads somewhere, every page and every example is reached from the
README, no two decisions have one number, and docs/recovery.md has each operator. Lines of more than 120 columns are told as well, and are no fault.
"""
import re
import sys
from pathlib import Path

WIDTH = 120
# What a coroutine waits for is no step.
ONLY_AWAITED = {"sleep", "blocking", "completion", "next_turn"}
_BLOCK = re.compile(r"^```.*?^```", re.S | re.M)
_LINK = re.compile(r"\]\(\s*([^)\s]+)\s*\)")


def pages(root):
    return sorted(page for page in [*root.glob("*.md"), *root.glob("docs/**/*.md")] if page.is_file())


def prose(page):
    """The text of a page without its blocks of code; lines keep their numbers."""
    return _BLOCK.sub(lambda found: "\n" * found[0].count("\n"), page.read_text())


def anchors(page):
    """What can stand behind # in a link to this page."""
    headings = re.findall(r"^#+ (.*)$", prose(page), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def check(root):
    faults = []
    links = {}
    for page in pages(root):
        text = prose(page)
        links[page] = set()
        for found in _LINK.finditer(text):
            if re.match(r"\w+:", found[1]):
                continue
            path, _, anchor = found[1].partition("#")
            target = (page.parent / path).resolve() if path else page.resolve()
            place = f"{page.relative_to(root)}:{text.count(chr(10), 0, found.start()) + 1}"
            if not target.exists():
                faults.append(f"{place}: {found[1]} is not there")
                continue
            links[page].add(target)
            if anchor and target.suffix == ".md" and anchor not in anchors(target):
                faults.append(f"{place}: {path or 'this page'} has no heading #{anchor}")
    reached = {(root / "README.md").resolve()}
    queue = list(reached)
    while queue:
        page = root / queue.pop().relative_to(root.resolve())
        for target in links.get(page, set()) - reached:
            reached.add(target)
            queue.append(target)
    wanted = [page for page in pages(root) if "decisions" not in page.parts] + sorted(root.glob("examples/*.cpp"))
    faults += [f"{page.relative_to(root)}: nothing leads there from README.md" for page in wanted
               if page.resolve() not in reached]
    numbers = {}
    for page in sorted(root.glob("docs/decisions/*.md")):
        other = numbers.setdefault(page.name.split("-")[0], page)
        if other != page:
            faults.append(f"{page.relative_to(root)}: {other.name} has its number")
    return faults + unkept(root)


def unkept(root):
    """Operators, sources and sinks that are in the list of all, and of which the page about recovery says nothing."""
    listed, recovery = root / "docs/operators/README.md", root / "docs/recovery.md"
    if not listed.exists() or not recovery.exists():
        return []
    rows = re.findall(r"^\| \[.*?\]\(\w+\.md\) \|(.*)\|$", listed.read_text(), re.M)
    names = [name.split("::")[-1] for row in rows for span in re.findall(r"`(.*?)`", row) for name in span.split()]
    told = {name.split("::")[-1] for line in recovery.read_text().splitlines() if line.startswith("|")
            for span in re.findall(r"`(.*?)`", line) for name in span.split()}
    return [f"docs/recovery.md: what is kept of `{name}` stands in no table" for name in names
            if name not in told and name not in ONLY_AWAITED]


def wide(root):
    """Lines of more than 120 columns, but for tables and what a terminal shows."""
    found = []
    for page in pages(root):
        in_console = False
        for number, line in enumerate(page.read_text().splitlines(), 1):
            if line.startswith("```"):
                in_console = line.startswith("```console")
            elif len(line) > WIDTH and not line.startswith("|") and not in_console:
                found.append(f"{page.relative_to(root)}:{number}: {len(line)} columns")
    return found


if __name__ == "__main__":
    faults = check(Path(sys.argv[1]))
    print("".join(f"{line}, which fails no test\n" for line in wide(Path(sys.argv[1]))), end="")
    print("\n".join(faults) or "every link leads somewhere, and every page is reached")
    sys.exit(1 if faults else 0)

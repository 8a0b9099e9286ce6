# SPDX-License-Identifier: BSL-1.0
"""docs_outputs.py [--write] ROOT PROGRAM: what the documentation shows on a terminal is what its programs print.

A block marked ```console holds command lines, each behind `$ `, and what each prints on a terminal. The commands of a page
run one after another in one folder, which is empty but for the page's programs: PROGRAM under each of their names
(docs_programs.py). In a block marked ```console any order the lines may come in any order. A block marked
```console debian12 is left out on other systems. With --write the outputs are put into the pages instead.
"""
import os
import pty
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from docs_programs import blocks, named_programs, pages

LONGEST = 60  # seconds that a command may take


def commands(text):
    """(command, what it prints) in the order of the block."""
    found = []
    for line in text.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif found:
            found[-1][1].append(line)
        else:
            raise SystemExit(f"a console block begins with a command, `$ `, and not with {line!r}")
    return found


def printed(command, folder):
    """What a command prints on a terminal, by line."""
    ours, theirs = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LEAT_", "BYTEWAX_"))}
    started = subprocess.Popen(["timeout", str(LONGEST), "bash", "-c", command], cwd=folder, stdin=subprocess.DEVNULL,
                               stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    output = b""
    while True:
        try:
            more = os.read(ours, 65536)
        except OSError:  # the terminal has no writer any more
            break
        if not more:
            break
        output += more
    os.close(ours)
    started.wait()
    return output.decode().replace("\r\n", "\n").splitlines()


def debian_12():
    version = Path("/etc/debian_version")
    return version.is_file() and version.read_text().startswith("12")


def check(root, program, write):
    faults = []
    checked = 0
    names = named_programs(root)
    for page in pages(root):
        shown = [block for block in blocks(page) if block[1][0] == "console"]
        if not shown:
            continue
        text = page.read_text()
        with tempfile.TemporaryDirectory(dir=program.parent) as folder:
            for name, (of_page, _, _) in names.items():
                if of_page == page:
                    try:
                        os.link(program, Path(folder, name))
                    except OSError:
                        shutil.copy(program, Path(folder, name))
            for line, words, block in shown:
                if "debian12" in words and not debian_12():
                    print(f"{page}:{line}: left out, since this is no Debian 12")
                    continue
                outputs = ""
                for command, wanted in commands(block):
                    got = printed(command, folder)
                    outputs += "".join(f"{one}\n" for one in [f"$ {command}", *got])
                    checked += 1
                    same = sorted(got) == sorted(wanted) if "order" in words else got == wanted
                    if not same and not write:
                        faults.append(f"{page}:{line}: $ {command}\n  shows\n" + "".join(f"    {one}\n" for one in wanted) +
                                      "  and prints\n" + "".join(f"    {one}\n" for one in got))
                if write:
                    text = text.replace(f"```{' '.join(words)}\n{block}```", f"```{' '.join(words)}\n{outputs}```")
        if write:
            page.write_text(text)
    return checked, faults


if __name__ == "__main__":
    arguments = [word for word in sys.argv[1:] if word != "--write"]
    checked, faults = check(Path(arguments[0]), Path(arguments[1]).resolve(), "--write" in sys.argv)
    print("\n".join(faults) + f"{checked} command lines of the documentation, {len(faults)} that print something else")
    sys.exit(1 if faults or checked == 0 else 0)

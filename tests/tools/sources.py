# SPDX-License-Identifier: BSL-1.0
"""What the gates need to know about C++ text: its code without comments and literals, and who includes whom."""
import hashlib
import re
import subprocess
from pathlib import Path

_NOT_CODE = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"([^()\\\s]{0,16})\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9A-Za-z_])\'(?:\\.|[^\'\\\n])+\'',
    re.DOTALL)
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*[<"]([^>"\n]+)[>"]', re.MULTILINE)


def headers(root):
    """Every header below `root`, as it is included: leat/op/map.hpp."""
    return sorted(path.relative_to(root).as_posix() for path in Path(root).rglob("*.hpp"))


def header_only(root):
    """Those that a header-only program may include: leat/src.hpp and its like are of the compiled form."""
    return [name for name in headers(root) if not re.fullmatch(r"leat/src\w*\.hpp", name)]


def texts(root):
    """The headers and, where bodies stand beside one, those too: leat/run/threads.ipp."""
    bodies = (path.relative_to(root).as_posix() for path in Path(root).rglob("*.ipp"))
    return sorted([*headers(root), *bodies])


def code(text):
    """The text without comments and literals; lines keep their numbers."""
    return _NOT_CODE.sub(lambda found: " " + "\n" * found.group().count("\n"), text)


def includes(text):
    """(line, name) of every #include."""
    text = re.sub(r"/\*.*?\*/", lambda found: "\n" * found.group().count("\n"), text, flags=re.DOTALL)
    return [(text.count("\n", 0, found.start()) + 1, found.group(1)) for found in _INCLUDE.finditer(text)]


class Tree:
    """The headers below `root`, each read once."""

    def __init__(self, root):
        self.root = Path(root)
        self._read = {}

    def _entry(self, name):
        if name not in self._read:
            path = self.root / name
            text = path.read_text() if path.is_file() else None
            self._read[name] = text, [included for _, included in includes(text or "")]
        return self._read[name]

    def text(self, name):
        """None if there is no such header."""
        return self._entry(name)[0]

    def includes(self, name):
        return self._entry(name)[1]


def closure(root, names):
    """The headers of ours that these include, themselves among them, however indirectly: {name: how it got in}."""
    tree = root if isinstance(root, Tree) else Tree(root)
    found = {name: (name,) for name in names}
    queue = list(found)
    while queue:
        name = queue.pop()
        for included in tree.includes(name):
            if included.startswith("leat/") and included not in found:
                found[included] = found[name] + (included,)
                queue.append(included)
    return found


_LEADING = re.compile(r'(?:\s|//[^\n]*|/\*.*?\*/|#[ \t]*pragma once|#[ \t]*include[ \t]*[<"][^>"\n]+[>"])*', re.DOTALL)


def begins_with(tree, name):
    """The headers of ours that this one includes before all else, or that such a one so includes."""
    found = set()
    queue = [name]
    while queue:
        for _, included in includes(_LEADING.match(tree.text(queue.pop()) or "")[0]):
            if included.startswith("leat/") and included not in found:
                found.add(included)
                queue.append(included)
    return found - {name}


class Cache:
    """Remembers that a check of exactly these texts with exactly this compiler succeeded, so a second run is short."""

    def __init__(self, folder, compiler, flags):
        self.folder = Path(folder) if folder else None
        self.base = ""
        self._trees = {}
        if self.folder:
            self.folder.mkdir(parents=True, exist_ok=True)
            version = subprocess.run([compiler, "--version"], capture_output=True, text=True, check=True).stdout
            self.base = repr((compiler, version, flags))

    def key(self, root, text, names, script):
        digest = hashlib.sha256(repr((self.base, text, Path(script).read_text())).encode())
        tree = self._trees.setdefault(str(root), Tree(root))
        for name in sorted(closure(tree, names)):
            digest.update(repr((name, tree.text(name))).encode())
        return digest.hexdigest()

    def knows(self, key):
        return self.folder is not None and (self.folder / key).exists()

    def remember(self, key):
        if self.folder is not None:
            (self.folder / key).touch()
